/**
 * The GraphiQL page, outside production only. Takes the demo accounts, returns Ruru's configuration: a first
 * query, and a bar to choose the account. Must never load anything from another server.
 */
import type {} from 'postgraphile';

/** An account of the bar, with a token that is valid now. */
export interface GraphiqlAccount {
  readonly name: string;
  readonly token: string;
}

const FIRST_QUERY = `# Your own tasks, newest first. Ctrl-Enter runs this.
{
  me {
    email
    tasks(first: 10) {
      totalCount
      nodes {
        id
        title
        completed
      }
    }
  }
}
`;

type RuruConfig = NonNullable<GraphileConfig.Preset['ruru']>;

export function graphiqlConfig(accounts: readonly GraphiqlAccount[]): RuruConfig {
  const clientConfig = { defaultQuery: FIRST_QUERY };
  return {
    htmlParts: {
      titleTag: '<title>Rowguard</title><link rel="icon" href="data:,">',
      styleTags: (original) => original + STYLE,
      bodyContent: (original) => bar(accounts) + original,
    },
    // Ruru's type depends on the types of React, which are not installed. Without them every field is required.
    clientConfig: clientConfig as NonNullable<RuruConfig['clientConfig']>,
  };
}

const STYLE = `<style>
body { display: flex; flex-direction: column; height: 100vh; }
#rowguard-bar { display: flex; gap: 0.75rem; align-items: center; padding: 0.4rem 1rem; font: 14px system-ui, sans-serif; background: #1f2937; color: #f9fafb; }
#rowguard-bar select, #rowguard-bar button { font: inherit; padding: 0.1rem 0.4rem; }
#ruru-root { flex: 1; min-height: 0; height: auto; }
</style>`;

/**
 * The bar adds the token to each request. It does not write the token into the Headers tab: the browser
 * stores that tab, and an old token would stay there. A header typed into the tab takes precedence.
 */
function bar(accounts: readonly GraphiqlAccount[]): string {
  const options = accounts.map(
    ({ name, token }) => `<option value="${escapeHtml(token)}">${escapeHtml(name)}</option>`,
  );
  const own =
    'Put a token of your sign-in service into the Headers tab: {"Authorization": "Bearer …"}';
  return `<div id="rowguard-bar">
<b>Rowguard</b>
<label${options.length > 0 ? '' : ' hidden'}>Ask as <select id="rowguard-as">${options.join('')}<option value="">nobody</option></select></label>
<button type="button" id="rowguard-copy"${options.length > 0 ? '' : ' hidden'}>Copy the token</button>
${options.length > 0 ? '' : `<span>${escapeHtml(own)}</span>`}
</div>
<script>
{
  const as = document.getElementById('rowguard-as');
  const copy = document.getElementById('rowguard-copy');
  const send = window.fetch.bind(window);
  window.fetch = (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (as.value && !headers.has('authorization')) headers.set('authorization', 'Bearer ' + as.value);
    return send(url, { ...init, headers });
  };
  as.addEventListener('change', () => { copy.disabled = !as.value; });
  copy.addEventListener('click', () => navigator.clipboard.writeText(as.value));
}
</script>`;
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
