/** Functions of a migration in the API: their own descriptions, and results that may be null. */
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';
import { createTask, dataOf } from '../../support/tasks.ts';

const database = useTestDatabase();
beforeAll(async () => {
  await database.owner.query(`
    create function public.update_task_later(id integer, note text default null) returns public.task
      language plpgsql volatile set search_path = '' as $$
      declare found_task public.task;
      begin
        select t.* into found_task from public.task as t where t.id = update_task_later.id;
        return found_task;
      end $$;
    comment on function public.update_task_later is
      E'@param id Which task.\\n@param note Why: "later".\\nPuts a task off.';
    create function public.last_task(search text, first integer default null) returns public.task
      language sql stable begin atomic
        select * from public.task t where strpos(t.title, search) > 0 order by t.id desc limit 1; end;
    comment on function public.last_task is
      E'@param search A part of the title.\\nThe newest task with a text.';
    create function public.tasks_like(part text) returns setof public.task language sql stable
      begin atomic select * from public.task t where strpos(t.title, part) > 0; end;
    comment on function public.tasks_like is E'@param part What to look for.\\nTasks that look alike.';
    create function public.task_shout(task public.task, times integer default 1) returns text
      language sql stable begin atomic select repeat(upper(task.title), times); end;
    comment on function public.task_shout is E'@param times How often.\\nThe title, louder.';
    create function public.drop_tasks(title text) returns setof public.task language sql volatile
      begin atomic delete from public.task t where t.title = drop_tasks.title returning *; end;
    create function public.motto(as_text boolean) returns text
      language sql volatile begin atomic select case when as_text then 'carpe diem' end; end;
    create function public.sure_task() returns public.task language sql volatile
      begin atomic select * from public.task t order by t.id limit 1; end;
    comment on function public.sure_task is E'@notNull\\nThe oldest task.';
    grant execute on all functions in schema public to todo_user;`);
});
const server = useTestServer(database);
const WHO = 7401;

const ofType = async (name: string) => {
  const query = `{ t: __type(name: "${name}") { description
    inputFields { name description }
    fields { name description type { kind name } args { name description } } } }`;
  return dataOf(await server.ask(WHO, query)).t;
};
type Named = { name: string; description: string | null; args: Named[]; type: { kind: string } };
const named = (list: Named[], name: string) => list.find((one) => one.name === name);
const described = (list: Named[] = []) => list.map(({ name, description }) => [name, description]);

test('a mutation keeps the comment of its function, whatever its name, and its arguments have theirs', async () => {
  const field = named((await ofType('Mutation')).fields, 'updateTaskLater');
  expect(field?.description).toBe('Puts a task off.');
  expect(described((await ofType('UpdateTaskLaterInput')).inputFields)).toEqual([
    ['id', 'Which task.'],
    ['note', 'Why: "later".'],
  ]);
});
test('a query keeps its comment, too; an argument may have the name of a common one', async () => {
  const { fields } = await ofType('Query');
  const last = named(fields, 'lastTask');
  expect(last?.description).toBe('The newest task with a text.');
  expect(described(last?.args)).toEqual([
    ['search', 'A part of the title.'],
    ['first', null],
  ]);
  const alike = named(fields, 'tasksLike');
  expect(alike?.description).toBe('Tasks that look alike.');
  expect(described(alike?.args)).toContainEqual(['part', 'What to look for.']);
  expect(described(alike?.args)).toContainEqual(['after', 'Only rows after this cursor.']);
});
test('a computed column has its comment, and the columns of the table theirs', async () => {
  const { fields } = await ofType('Task');
  const shout = named(fields, 'shout');
  expect([shout?.description, described(shout?.args)]).toEqual([
    'The title, louder.',
    [['times', 'How often.']],
  ]);
  expect(named(fields, 'title')?.description).toMatch(/^What is to be done/);
});
test('the generated mutations keep their descriptions', async () => {
  const { fields } = await ofType('Mutation');
  expect(named(fields, 'createTask')?.description).toBe('Creates a task.');
  expect(named(fields, 'deleteTask')?.description).toBe('Deletes a task and returns it.');
});

const kindOf = async (type: string) => (await ofType(type)).fields[0].type.kind;

test('what a function returns may be null; rows that were written, counts and sets are not', async () => {
  expect(await kindOf('UpdateTaskLaterPayload')).toBe('OBJECT');
  expect(await kindOf('MottoPayload')).toBe('SCALAR');
  for (const type of [
    'SureTaskPayload',
    'DropTasksPayload',
    'CreateTaskPayload',
    'DeleteMePayload',
    'SetAllTasksCompletedPayload',
  ])
    expect([type, await kindOf(type)]).toEqual([type, 'NON_NULL']);
});
test('a function without a row answers null, with a row the row', async () => {
  const { id } = await createTask(server, WHO, { title: 'here' });
  const later = (which: number) =>
    server.ask(
      WHO,
      `mutation { updateTaskLater(input: {id: ${which}}) { task { id title completed } } }`,
    );
  expect(dataOf(await later(id)).updateTaskLater.task).toMatchObject({ id, title: 'here' });
  expect(dataOf(await later(0)).updateTaskLater).toEqual({ task: null });
  const last = (search: string) =>
    server.ask(WHO, `{ lastTask(search: "${search}") { id title } }`);
  expect(dataOf(await last('here')).lastTask).toEqual({ id, title: 'here' });
  expect(dataOf(await last('nowhere')).lastTask).toBeNull();
  const motto = (asText: boolean) =>
    server.ask(WHO, `mutation { motto(input: {asText: ${asText}}) { result } }`);
  expect(dataOf(await motto(true)).motto).toEqual({ result: 'carpe diem' });
  expect(dataOf(await motto(false)).motto).toEqual({ result: null });
});
