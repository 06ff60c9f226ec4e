/** A step in SQL, in GraphQL and in REST. Undefined where there is no row to do it with. */
import type { Work } from './channels.ts';
import type { Step } from './step.ts';

const COLUMNS = 'id, user_id, title, completed';
const FIELDS = 'id title completed user { id }';

const CREATE = `mutation ($title: String!, $completed: Boolean) {
  createTask(input: {task: {title: $title, completed: $completed}}) { task { ${FIELDS} } } }`;
const UPDATE = `mutation ($id: Int!, $title: String, $completed: Boolean) {
  updateTask(input: {id: $id, patch: {title: $title, completed: $completed}}) { task { ${FIELDS} } } }`;
const DELETE = `mutation ($id: Int!) { deleteTask(input: {id: $id}) { task { ${FIELDS} } } }`;
const SET_ALL = `mutation ($completed: Boolean!) {
  setAllTasksCompleted(input: {completed: $completed}) { count } }`;

export function workOf(
  { action, completed }: Step,
  id: number | undefined,
  title: string,
): Work | undefined {
  const create = (text: string): Work => ({
    sql: `insert into public.task (title, completed) values ($1, $2) returning ${COLUMNS}`,
    values: [text, completed],
    graphql: CREATE,
    variables: { title: text, completed },
    rest: { method: 'POST', path: 'tasks', body: { title: text, completed } },
  });
  switch (action) {
    case 'create':
      return create(title);
    case 'create a blank one':
      return create(' ');
    case 'act as nobody':
    case 'read':
      return {
        sql: `select ${COLUMNS} from public.task`,
        values: [],
        graphql: `{ tasks(first: 200) { nodes { ${FIELDS} } } }`,
        variables: {},
        rest: { method: 'GET', path: 'tasks' },
      };
    case 'set all':
      return {
        sql: `update public.task set completed = $1 where completed <> $1 returning ${COLUMNS}`,
        values: [completed],
        graphql: SET_ALL,
        variables: { completed },
        rest: { method: 'POST', path: 'rpc/set_all_tasks_completed', body: { completed } },
      };
    case 'clear':
      return {
        sql: `delete from public.task where completed returning ${COLUMNS}`,
        values: [],
        graphql: 'mutation { clearCompletedTasks { count } }',
        variables: {},
        rest: { method: 'POST', path: 'rpc/clear_completed_tasks' },
      };
  }
  if (id === undefined) return undefined;
  if (action.startsWith('read'))
    return {
      sql: `select ${COLUMNS} from public.task where id = $1`,
      values: [id],
      graphql: `query ($id: Int!) { task(id: $id) { ${FIELDS} } }`,
      variables: { id },
      rest: { method: 'GET', path: `tasks/${id}` },
    };
  if (action.startsWith('delete'))
    return {
      sql: `delete from public.task where id = $1 returning ${COLUMNS}`,
      values: [id],
      graphql: DELETE,
      variables: { id },
      rest: { method: 'DELETE', path: `tasks/${id}` },
    };
  return {
    sql: `update public.task set title = $2, completed = $3 where id = $1 returning ${COLUMNS}`,
    values: [id, title, completed],
    graphql: UPDATE,
    variables: { id, title, completed },
    rest: { method: 'PATCH', path: `tasks/${id}`, body: { title, completed } },
  };
}
