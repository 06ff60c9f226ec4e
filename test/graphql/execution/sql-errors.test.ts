/** What a migration's SQL says to a client, and what the log says of an error that the client must not see. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { type Answer, useTestServer } from '../../support/server.ts';
import { dataOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const OWNED = `user_id integer not null default app_private.current_user_id()
  references public."user" (id) on delete cascade`;
const policies = (table: string) => `
  alter table public.${table} enable row level security, force row level security;
  create policy all_own on public.${table} using (user_id = (select app_private.current_user_id()));
  grant select, delete, insert, update on public.${table} to todo_user;`;

beforeAll(async () => {
  await database.owner.query(`
    create domain public.percent as integer constraint percent_range check (value between 0 and 100);
    comment on constraint percent_range on domain public.percent is 'A percentage is 0 to 100';
    create table public.project (
      id integer generated always as identity primary key, ${OWNED},
      project_name text not null, code text, done public.percent, starts date, ends date, active boolean,
      booked tstzrange,
      constraint same_name unique (user_id, project_name),
      constraint has_ends check (starts <= ends),
      constraint short_code check (length(code) < 5),
      constraint apart exclude using gist (booked with &&)
    );
    ${policies('project')}
    comment on constraint same_name on public.project is 'You have a project of this name.';
    comment on constraint short_code on public.project is E'@name short\\ncode is too long';
    create unique index one_active on public.project (user_id) where active;
    comment on index public.one_active is 'Only one project can be active';
    create unique index any_case on public.project (user_id, lower(code));

    create table public.step (
      id integer generated always as identity primary key, ${OWNED},
      label text, project_id integer constraint step_project references public.project (id),
      constraint short_code check (length(label) < 3)
    );
    ${policies('step')}
    comment on constraint short_code on public.step is 'label is too long';
    create policy no_x on public.step as restrictive for insert with check (label is distinct from 'x');

    create table public.event (
      id integer generated always as identity, ${OWNED}, day date not null, place text not null,
      primary key (id, day), constraint event_place check (place <> ''),
      constraint event_unique unique (user_id, place, day)
    ) partition by range (day);
    create table public.event_26 partition of public.event for values from ('2026-01-01') to ('2027-01-01');
    ${policies('event')}
    comment on constraint event_place on public.event is 'place must not be empty';
    comment on constraint event_unique on public.event is 'You are there already';

    create function public.say(code text, message text, field text default null) returns integer
      language plpgsql volatile set search_path = '' as $$
      begin
        if message is null then
          raise exception using errcode = say.code;
        elsif field is null then
          raise exception using errcode = say.code, message = say.message,
            detail = 'the detail', hint = 'the hint';
        else
          raise exception using errcode = say.code, message = say.message, column = say.field,
            table = 'project', schema = 'public', constraint = 'the_rule', detail = 'the detail';
        end if;
      end $$;
    grant execute on function public.say to todo_user;`);
});
const server = useTestServer(database);
const stock = useTestServer(database, { adaptor: 'stock', executor: 'grafast' });

const WHO = 7301;

/** [extensions without errorId, message] of the one error. */
function refusal({ status, body }: Answer) {
  expect([status, body.errors?.length]).toEqual([200, 1]);
  const { errorId, ...extensions } = body.errors[0].extensions;
  return { ...extensions, message: body.errors[0].message };
}
const create = (type: string, values: object, by = server) => {
  const field = type.toLowerCase();
  const query = `mutation ($v: ${type}Input!) { create${type}(input: { ${field}: $v }) { ${field} { id } } }`;
  return by.ask(WHO, query, { v: values });
};
const idOf = async (type: string, values: object): Promise<number> =>
  dataOf(await create(type, values))[`create${type}`][type.toLowerCase()].id;
const say = (code: string, message: string | null, field?: string, by = server) =>
  by.ask(
    WHO,
    'mutation ($c: String!, $m: String, $f: String) { say(input: {code: $c, message: $m, field: $f}) { count } }',
    { c: code, m: message, f: field },
  );

describe('raise', () => {
  test.each([
    ['RG400', 'BAD_USER_INPUT'],
    ['RG403', 'FORBIDDEN'],
    ['RG404', 'NOT_FOUND'],
    ['RG409', 'CONFLICT'],
  ])('%s is %s with its message, and without detail and hint', async (sqlstate, code) => {
    const message = 'No such luck: "äöü".';
    for (const by of [server, stock]) {
      const answer = await say(sqlstate, message, undefined, by);
      expect(refusal(answer)).toEqual({ code, message });
      expect(JSON.stringify(answer.body)).not.toMatch(/the detail|the hint/);
    }
  });
  test('a code without a message has a sentence', async () => {
    expect(refusal(await say('RG404', null)).message).toBe('There is no such object.');
    expect(refusal(await say('RG403', null)).message).toBe('This is not allowed.');
  });
  test('a column is the field of the API that it has', async () => {
    const named = await say('RG400', 'Too long.', 'project_name');
    expect(refusal(named)).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'Too long.',
      field: 'projectName',
    });
    expect(refusal(await say('RG400', 'Too long.', 'user_id'))).not.toHaveProperty('field');
    expect(refusal(await say('RG400', 'Too long.', 'nothing'))).not.toHaveProperty('field');
  });
  test.each(['P0001', 'P0002', 'RG999', '42501', 'XX000'])(
    '%s is INTERNAL, and the log has what PostgreSQL said',
    async (sqlstate) => {
      const answer = await say(sqlstate, 'a secret', 'project_name');
      expect(refusal(answer)).toEqual({
        code: 'INTERNAL',
        message: 'Something went wrong on our side.',
      });
      const { errorId } = answer.body.errors[0].extensions;
      const line = server.log.find((text) => text.startsWith(errorId)) ?? '';
      expect(line.split('\n').slice(0, 5)).toEqual([
        `${errorId} SQLSTATE ${sqlstate}`,
        'column public.project.project_name',
        'constraint the_rule',
        'detail the detail',
        expect.stringMatching(/^where PL\/pgSQL function public\.say.* line \d+ at RAISE$/),
      ]);
      expect(line).toContain('a secret');
    },
  );
  test('the log has the hint, and no detail that prints a row', async () => {
    await say('P0001', 'x');
    expect(server.log.at(-1)).toContain('\nhint the hint\n');
    await say('23000', 'x');
    expect(server.log.at(-1)).toContain('SQLSTATE 23000');
    expect(server.log.at(-1)).not.toContain('the detail');
  });
});

describe('constraints', () => {
  test('a unique rule of a person and a column names the column', async () => {
    await idOf('Project', { projectName: 'a' });
    expect(refusal(await create('Project', { projectName: 'a' }))).toEqual({
      code: 'CONFLICT',
      reason: 'EXISTS',
      field: 'projectName',
      message: 'You have a project of this name.',
    });
  });
  test('a unique index speaks in its comment, also a partial one', async () => {
    await idOf('Project', { projectName: 'b', active: true });
    expect(refusal(await create('Project', { projectName: 'c', active: true }))).toEqual({
      code: 'CONFLICT',
      reason: 'EXISTS',
      message: 'Only one project can be active.',
    });
  });
  test('a unique index of an expression names its column', async () => {
    await idOf('Project', { projectName: 'd', code: 'x' });
    expect(refusal(await create('Project', { projectName: 'e', code: 'X' }))).toEqual({
      code: 'CONFLICT',
      reason: 'EXISTS',
      field: 'code',
      message: 'This already exists.',
    });
  });
  test('equally named constraints of two tables are told apart', async () => {
    expect(refusal(await create('Project', { projectName: 'f', code: 'longer' }))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'code',
      message: 'code is too long.',
    });
    expect(refusal(await create('Step', { label: 'long' }))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'label',
      message: 'label is too long.',
    });
  });
  test('a check of two columns names none', async () =>
    expect(
      refusal(
        await create('Project', { projectName: 'g', starts: '2026-02-01', ends: '2026-01-01' }),
      ),
    ).toEqual({ code: 'BAD_USER_INPUT', message: 'A value is not allowed.' }));
  test('a domain speaks in the comment of its constraint', async () =>
    expect(refusal(await create('Project', { projectName: 'h', done: 101 }))).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'A percentage is 0 to 100.',
    }));
  test('an exclusion is CONFLICT', async () => {
    const booked = { start: { value: '2026-01-01T00:00:00Z', inclusive: true }, end: null };
    await idOf('Project', { projectName: 'i', booked });
    expect(refusal(await create('Project', { projectName: 'j', booked }))).toEqual({
      code: 'CONFLICT',
      reason: 'EXISTS',
      field: 'booked',
      message: 'This already exists.',
    });
  });
  test('both ends of a foreign key are REFERENCE, each with its sentence', async () => {
    expect(refusal(await create('Step', { projectId: 0 }))).toEqual({
      code: 'CONFLICT',
      reason: 'REFERENCE',
      field: 'projectId',
      message: 'The row that this refers to does not exist.',
    });
    const id = await idOf('Project', { projectName: 'k' });
    await idOf('Step', { projectId: id });
    const remove = `mutation { deleteProject(input: {id: ${id}}) { project { id } } }`;
    expect(refusal(await server.ask(WHO, remove)).message).toBe('Other rows refer to this one.');
  });
  test('a partition speaks in the comments of its table', async () => {
    expect(refusal(await create('Event', { day: '2026-05-01', place: '' }))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'place',
      message: 'place must not be empty.',
    });
    await idOf('Event', { day: '2026-05-01', place: 'here' });
    expect(refusal(await create('Event', { day: '2026-05-01', place: 'here' }))).toEqual({
      code: 'CONFLICT',
      reason: 'EXISTS',
      message: 'You are there already.',
    });
  });
  test('null for a required column names the field of the API', async () => {
    const id = await idOf('Project', { projectName: 'l' });
    const update = `mutation { updateProject(input: {id: ${id}, patch: {projectName: null}}) { project { id } } }`;
    expect(refusal(await server.ask(WHO, update))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'projectName',
      message: 'projectName is required.',
    });
  });
});

describe('rights', () => {
  test('a row that a policy refuses is FORBIDDEN', async () => {
    for (const by of [server, stock])
      expect(refusal(await create('Step', { label: 'x' }, by))).toEqual({
        code: 'FORBIDDEN',
        message: 'This is not allowed.',
      });
    // The control: the policy and nothing else refuses it.
    expect(await idOf('Step', { label: 'y' })).toBeGreaterThan(0);
  });
  test('a missing grant is INTERNAL', async () => {
    await database.owner.query('revoke insert on public.step from todo_user');
    expect(refusal(await create('Step', { label: 'y' })).code).toBe('INTERNAL');
    expect(server.log.at(-1)).toContain('SQLSTATE 42501');
    await database.owner.query('grant insert on public.step to todo_user');
  });
});

test('CONFLICT has a reason: STALE, KEY_REUSED, KEY_GONE', async () => {
  const make = (title: string) =>
    server.ask(
      WHO,
      `mutation { createTask(input: {task: {title: "${title}"}, idempotencyKey: "k"}) { task { id } } }`,
    );
  const { id } = dataOf(await make('a')).createTask.task;
  expect(refusal(await make('b'))).toMatchObject({ code: 'CONFLICT', reason: 'KEY_REUSED' });
  const stale = `mutation { updateTask(input: {id: ${id}, patch: {title: "c"},
    expectedUpdatedAt: "2020-01-01T00:00:00Z"}) { task { id } } }`;
  expect(refusal(await server.ask(WHO, stale))).toMatchObject({
    code: 'CONFLICT',
    reason: 'STALE',
  });
  dataOf(await server.ask(WHO, `mutation { deleteTask(input: {id: ${id}}) { task { id } } }`));
  expect(refusal(await make('a'))).toMatchObject({ code: 'CONFLICT', reason: 'KEY_GONE' });
});

test('a create by an account that another process has deleted is ACCOUNT_DELETED', async () => {
  const who = 7302;
  await server.ask(who, '{ me { id } }');
  await database.privileged.query('delete from public."user" where id = $1', [who]);
  const { body } = await server.ask(
    who,
    'mutation { createTask(input: {task: {title: "a"}}) { task { id } } }',
  );
  expect(body.errors[0].extensions.code).toBe('ACCOUNT_DELETED');
});
