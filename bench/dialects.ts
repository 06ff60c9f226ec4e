/**
 * The request for each operation in each peer's API, and the rows in its answer. Every peer returns the
 * same five columns.
 */

export type Operation =
  | { readonly kind: 'newest' | 'filtered' }
  | { readonly kind: 'point'; readonly id: number }
  | { readonly kind: 'create'; readonly title: string }
  | { readonly kind: 'toggle'; readonly id: number; readonly completed: boolean }
  | { readonly kind: 'deep'; readonly after: string | number };

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: string;
}

export interface Dialect {
  ask(operation: Operation): Ask;
  /** The rows of an answer, unchanged. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of servers whose types are not ours
  rows(answer: any): Record<string, unknown>[];
  /** The request that returns a cursor. undefined = the peer pages by id. */
  readonly lastPlace?: Ask;
}

const PAGE = 50;

const graphql = (query: string, variables?: object): Ask => ({
  method: 'POST',
  path: '/graphql',
  body: JSON.stringify({ query, variables }),
});

const FIELDS = 'id title completed createdAt updatedAt';

/** Rowguard. */
export const ours: Dialect = {
  ask(operation) {
    switch (operation.kind) {
      case 'newest':
        return graphql(`{ tasks(first: ${PAGE}) { nodes { ${FIELDS} } } }`);
      case 'filtered':
        return graphql(
          `{ tasks(first: ${PAGE}, condition: { completed: false }) { nodes { ${FIELDS} } } }`,
        );
      case 'point':
        return graphql(`query ($id: Int!) { task(id: $id) { ${FIELDS} } }`, { id: operation.id });
      case 'create':
        return graphql(
          `mutation ($title: String!) { createTask(input: { task: { title: $title } }) { task { ${FIELDS} } } }`,
          { title: operation.title },
        );
      case 'toggle':
        return graphql(
          `mutation ($id: Int!, $completed: Boolean!) { updateTask(input: { id: $id, patch: { completed: $completed } }) { task { ${FIELDS} } } }`,
          { id: operation.id, completed: operation.completed },
        );
      case 'deep':
        return graphql(
          `query ($after: Cursor!) { tasks(first: ${PAGE}, after: $after) { nodes { ${FIELDS} } } }`,
          { after: operation.after },
        );
    }
  },
  rows: rowsOfGraphql,
  lastPlace: graphql(`{ tasks(last: ${2 * PAGE}) { edges { cursor } } }`),
};

/** Rowguard's REST. Its pages also say how many rows there are. */
export const oursByRest: Dialect = {
  ask(operation) {
    const tasks = '/api/me/tasks';
    const send = (method: Ask['method'], path: string, body: object): Ask => ({
      method,
      path,
      body: JSON.stringify(body),
    });
    switch (operation.kind) {
      case 'newest':
        return { method: 'GET', path: `${tasks}?limit=${PAGE}` };
      case 'filtered':
        return { method: 'GET', path: `${tasks}?limit=${PAGE}&completed=false` };
      case 'point':
        return { method: 'GET', path: `${tasks}/${operation.id}` };
      case 'create':
        return send('POST', tasks, { title: operation.title });
      case 'toggle':
        return send('PATCH', `${tasks}/${operation.id}`, { completed: operation.completed });
      case 'deep': {
        const after = encodeURIComponent(operation.after);
        return { method: 'GET', path: `${tasks}?limit=${PAGE}&after=${after}` };
      }
    }
  },
  // REST has the time of the creation for a row that never changed.
  rows: (answer) =>
    [answer].flat().map(({ created_at, updated_at, ...row }) => ({
      ...row,
      createdAt: created_at,
      updatedAt: updated_at === created_at ? null : updated_at,
    })),
  lastPlace: ours.lastPlace,
};

const STOCK_FIELDS = 'id: rowId title completed createdAt updatedAt';

/** PostGraphile's names, with aliases. Its default order is the primary key, ascending. */
export const stock: Dialect = {
  ask(operation) {
    const page = (more = '') =>
      `tasks: allTasks(first: ${PAGE}, orderBy: ROW_ID_DESC${more}) { nodes { ${STOCK_FIELDS} } }`;
    switch (operation.kind) {
      case 'newest':
        return graphql(`{ ${page()} }`);
      case 'filtered':
        return graphql(`{ ${page(', condition: { completed: false }')} }`);
      case 'point':
        return graphql(`query ($id: Int!) { task: taskByRowId(rowId: $id) { ${STOCK_FIELDS} } }`, {
          id: operation.id,
        });
      case 'create':
        return graphql(
          `mutation ($title: String!) { createTask(input: { task: { title: $title } }) { task { ${STOCK_FIELDS} } } }`,
          { title: operation.title },
        );
      case 'toggle':
        return graphql(
          `mutation ($id: Int!, $completed: Boolean!) { updateTask: updateTaskByRowId(input: { rowId: $id, taskPatch: { completed: $completed } }) { task { ${STOCK_FIELDS} } } }`,
          { id: operation.id, completed: operation.completed },
        );
      case 'deep':
        return graphql(`query ($after: Cursor!) { ${page(', after: $after')} }`, {
          after: operation.after,
        });
    }
  },
  rows: rowsOfGraphql,
  lastPlace: graphql(
    `{ tasks: allTasks(last: ${2 * PAGE}, orderBy: ROW_ID_DESC) { edges { cursor } } }`,
  ),
};

/** The GraphQL peers written by hand: one schema. */
export const handWritten: Dialect = {
  ask(operation) {
    switch (operation.kind) {
      case 'newest':
        return graphql(`{ tasks(first: ${PAGE}) { nodes { ${FIELDS} } } }`);
      case 'filtered':
        return graphql(`{ tasks(first: ${PAGE}, completed: false) { nodes { ${FIELDS} } } }`);
      case 'point':
        return graphql(`query ($id: Int!) { task(id: $id) { ${FIELDS} } }`, { id: operation.id });
      case 'create':
        return graphql(
          `mutation ($title: String!) { createTask(title: $title) { task { ${FIELDS} } } }`,
          { title: operation.title },
        );
      case 'toggle':
        return graphql(
          `mutation ($id: Int!, $completed: Boolean!) { updateTask(id: $id, completed: $completed) { task { ${FIELDS} } } }`,
          { id: operation.id, completed: operation.completed },
        );
      case 'deep':
        return graphql(
          `query ($after: Int!) { tasks(first: ${PAGE}, after: $after) { nodes { ${FIELDS} } } }`,
          { after: operation.after },
        );
    }
  },
  rows: rowsOfGraphql,
};

export const rest: Dialect = {
  ask(operation) {
    switch (operation.kind) {
      case 'newest':
        return { method: 'GET', path: `/tasks?first=${PAGE}` };
      case 'filtered':
        return { method: 'GET', path: `/tasks?first=${PAGE}&completed=false` };
      case 'point':
        return { method: 'GET', path: `/tasks/${operation.id}` };
      case 'create':
        return { method: 'POST', path: '/tasks', body: JSON.stringify({ title: operation.title }) };
      case 'toggle':
        return {
          method: 'PATCH',
          path: `/tasks/${operation.id}`,
          body: JSON.stringify({ completed: operation.completed }),
        };
      case 'deep':
        return { method: 'GET', path: `/tasks?first=${PAGE}&after=${operation.after}` };
    }
  },
  rows: (answer) => [answer].flat(),
};

/** Of `{ data: { tasks: { nodes } } }`, `{ data: { task } }` and `{ data: { createTask: { task } } }`. */
function rowsOfGraphql(answer: {
  errors?: unknown;
  data?: Record<string, Record<string, unknown>>;
}): Record<string, unknown>[] {
  const [field] = Object.values(answer.data ?? {});
  if (answer.errors || !field) throw new Error(JSON.stringify(answer).slice(0, 500));
  return [field.nodes ?? field.task ?? field].flat() as Record<string, unknown>[];
}
