/** An upgrade with people on it: migrations run while requests go on, and no client notices. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from 'graphile-migrate';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { afterAll, expect, test } from 'vitest';
import { readCommitted } from '../../src/migrate/committed.ts';
import { migrationSettings } from '../../src/migrate/migrate.ts';
import { useTestDatabase } from '../support/database.ts';
import { shippedRoot } from '../support/process.ts';
import { useTestServer } from '../support/server.ts';
import { createTask, dataOf } from '../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const folder = mkdtempSync(join(tmpdir(), 'rowguard-upgrade-'));
cpSync(join(shippedRoot(), 'migrations'), folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PEOPLE = [401, 402, 403];
const MIGRATIONS: [file: string, body: string][] = [
  [
    '000090-priority.sql',
    `set local lock_timeout = '5s';
alter table public.task add column priority integer not null default 0;
grant insert (priority), update (priority) on public.task to todo_user;
comment on column public.task.priority is 'How urgent it is.';
`,
  ],
  [
    '000091-priority-index.sql',
    `--! no-transaction
create index concurrently if not exists task_user_id_priority_idx on public.task (user_id, priority, id);
`,
  ],
];

async function addMigration(file: string, body: string): Promise<void> {
  const previous = readCommitted(folder).at(-1)?.hash ?? '';
  const text = `--! Previous: ${previous}\n--! Hash: ${calculateHash(body, previous)}\n\n${body}`;
  writeFileSync(join(folder, 'committed', file), text);
  await migrate({ ...migrationSettings(database.urls.owner, () => {}), migrationsFolder: folder });
}

/** What clients do all day, every statement of it prepared before the schema changes. */
async function work(who: number, round: number): Promise<void> {
  const made = await createTask(server, who, { title: `Task ${round}` });
  const key = `${who}-${round}`;
  const once = `mutation { createTask(input: { idempotencyKey: "${key}", task: { title: "once" } }) { task { id title } } }`;
  const { createTask: first } = dataOf(await server.ask(who, once));
  expect(dataOf(await server.ask(who, once)).createTask).toEqual(first);
  const update = `mutation { updateTask(input: { id: ${made.id}, patch: { completed: true } }) { task { completed } } }`;
  expect(dataOf(await server.ask(who, update)).updateTask.task).toEqual({ completed: true });
  const list =
    '{ me { id tasks(first: 3) { totalCount nodes { id title completed updatedAt } } } }';
  const { me } = dataOf(await server.ask(who, list));
  expect(me.id).toBe(who);
  expect(me.tasks.totalCount).toBeGreaterThan(0);
  const remove = `mutation { deleteTask(input: { id: ${made.id} }) { task { id } } }`;
  expect(dataOf(await server.ask(who, remove)).deleteTask.task.id).toBe(made.id);
}

test('a column and an index are added under load, and no error reaches a client', {
  timeout: 60_000,
}, async () => {
  let going = true;
  let rounds = 0;
  const errors: unknown[] = [];
  const load = PEOPLE.map(async (who) => {
    for (let round = 0; going; round++, rounds++)
      await work(who, round).catch((error) => errors.push(error));
  });
  const further = async () => {
    const target = rounds + 3 * PEOPLE.length;
    while (rounds < target) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await further();
  for (const [file, body] of MIGRATIONS) {
    await addMigration(file, body);
    await further();
  }
  going = false;
  await Promise.all(load);

  expect([...errors, ...server.log]).toEqual([]);
  const { rows } = await database.owner.query(
    `select i.indisvalid, a.attname from pg_index as i, pg_attribute as a
     where i.indexrelid = 'public.task_user_id_priority_idx'::regclass
       and a.attrelid = 'public.task'::regclass and a.attname = 'priority'`,
  );
  expect(rows).toEqual([{ indisvalid: true, attname: 'priority' }]);

  // What was running serves the new column after a reload, on the connections it has.
  await server.reload();
  const create =
    'mutation { createTask(input: { task: { title: "Now", priority: 2 } }) { task { priority } } }';
  expect(dataOf(await server.ask(401, create)).createTask.task).toEqual({ priority: 2 });
});

test('a create that has waited for the migration’s lock is done, and once', async () => {
  const create =
    'mutation { createTask(input: { idempotencyKey: "waited", task: { title: "waited" } }) { task { title } } }';
  await server.ask(404, '{ me { id } }');
  await database.owner.query(
    'begin; alter table public.task add column urgent boolean not null default false',
  );
  const answer = server.ask(404, create);
  for (let waiting = false; !waiting; ) {
    const { rows } = await database.privileged.query(
      "select from pg_stat_activity where datname = $1 and usename = 'todo_authenticator' and wait_event_type = 'Lock'",
      [database.name],
    );
    waiting = rows.length > 0;
  }
  await database.owner.query('commit');
  expect(dataOf(await answer)).toEqual({ createTask: { task: { title: 'waited' } } });
  const { rows } = await database.privileged.query(
    "select from public.task where title = 'waited' and user_id = 404",
  );
  expect(rows).toHaveLength(1);
});
