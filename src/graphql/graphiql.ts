/**
 * The GraphiQL page, outside production only. Takes the demo accounts, returns Ruru's configuration: a bar to choose
 * who asks, and a tab for each thing to try. Must never load anything from another server.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {} from 'postgraphile';

/** An account of the bar, with a token that is valid now. */
export interface GraphiqlAccount {
  readonly name: string;
  readonly token: string;
}

type RuruConfig = NonNullable<GraphileConfig.Preset['ruru']>;

export function graphiqlConfig(accounts: readonly GraphiqlAccount[]): RuruConfig {
  const clientConfig = { defaultTabs: TABS };
  return {
    htmlParts: {
      metaTags: (original) =>
        `${original}<meta name="viewport" content="width=device-width, initial-scale=1">`,
      titleTag: '<title>Rowguard</title><link rel="icon" href="data:,">',
      styleTags: (original) => `${original}<style>${part('page.css')}</style>`,
      bodyContent: (original) => bar(accounts) + original,
    },
    // Ruru's type depends on the types of React, which the server does not install. It passes unknown settings
    // on to GraphiQL.
    clientConfig: clientConfig as NonNullable<RuruConfig['clientConfig']>,
  };
}

/** Tabs are named after their operation. The ids are those of the demo accounts on a new database. */
const TABS: readonly { readonly query: string; readonly variables?: string }[] = [
  {
    query: `# Your own tasks, newest first. Ctrl-Enter runs this.
query MyTasks {
  me {
    email
    tasks(first: 10) {
      totalCount
      nodes {
        id
        title
        completed
        updatedAt
      }
    }
  }
}
`,
  },
  {
    query: `# Run it twice: with the same key there is one task.
mutation CreateTask($task: TaskInput!, $key: String) {
  createTask(input: { task: $task, idempotencyKey: $key }) {
    task {
      id
      title
      createdAt
    }
  }
}
`,
    variables: `{
  "task": { "title": "Buy stamps" },
  "key": "my-first-task"
}
`,
  },
  {
    query: `# Changes the task only if its updatedAt is still the expected one. It is not: CONFLICT.
# Put the updatedAt of your task into the variables, and it works once.
mutation ChangeUnlessChanged($id: Int!, $expected: Datetime) {
  updateTask(input: { id: $id, patch: { completed: true }, expectedUpdatedAt: $expected }) {
    task {
      id
      completed
      updatedAt
    }
  }
}
`,
    variables: `{
  "id": 1,
  "expected": "2020-01-01T00:00:00Z"
}
`,
  },
  {
    query: `# Task 1 is Alice's. Choose Bob in the bar above: the answer is null, as for a task that
# does not exist. PostgreSQL decides, not this page.
query BobAsksForAlicesTask {
  task(id: 1) {
    id
    title
  }
}
`,
  },
];

const part = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'graphiql', name), 'utf8');

/**
 * The bar adds the token to each request. It does not write the token into the Headers tab: the browser stores that
 * tab, and an old token would stay there. A header typed into the tab takes precedence.
 */
function bar(accounts: readonly GraphiqlAccount[]): string {
  const options = accounts.map(({ name }) => `<option>${escapeHtml(name)}</option>`);
  const byName = Object.fromEntries(accounts.map(({ name, token }) => [name, { token }]));
  // In a script element only the sequence "</" could end the text.
  const data = JSON.stringify(byName).replaceAll('<', '\\u003c');
  return `<div id="rowguard-bar">
<b>Rowguard</b>
<label>Ask as <select id="rowguard-as" autocomplete="off">${options.join('')}
<option value="pasted">a pasted token</option><option value="">nobody</option></select></label>
<label id="rowguard-field" hidden>Token <input id="rowguard-token" placeholder="eyJ…" autocomplete="off" spellcheck="false"></label>
<button type="button" id="rowguard-copy">Copy the token</button>
<span id="rowguard-whose" role="status"></span>
</div>
<script type="application/json" id="rowguard-accounts">${data}</script>
<script>${part('bar.js')}</script>`;
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
