/** updated_at: set by a trigger when the content changes, strictly increasing, otherwise left alone. */
import { beforeAll, expect, test } from 'vitest';
import { asUser, useTestDatabase } from '../support/database.ts';
import { addTask, addUser } from '../support/people.ts';

const database = useTestDatabase();
let alice: number;

beforeAll(async () => {
  alice = await addUser(database.privileged);
});

/** Microseconds do not fit a JavaScript date: compared as PostgreSQL's text. */
async function run(task: number, ...changes: string[]): Promise<(string | null)[]> {
  return asUser(database.authenticator, alice, async (client) => {
    const seen: (string | null)[] = [];
    for (const change of changes) {
      const { rows } = await client.query<{ at: string | null }>(
        `update public.task set ${change} where id = $1 returning updated_at::text as at`,
        [task],
      );
      seen.push(rows[0]?.at ?? null);
    }
    return seen;
  });
}

test('a new task has no updated_at', async () => {
  const task = await addTask(database.privileged, alice, 'New');
  const { rows } = await database.privileged.query(
    'select updated_at from public.task where id = $1',
    [task],
  );
  expect(rows).toEqual([{ updated_at: null }]);
});

test.each(["title = 'Other'", "description = 'More'", 'completed = true'])(
  'changing content sets updated_at (%s)',
  async (change) => {
    const task = await addTask(database.privileged, alice, 'Old');
    expect(await run(task, change)).toEqual([expect.any(String)]);
  },
);

test('a description that becomes null counts as a change', async () => {
  const task = await addTask(database.privileged, alice, 'Old');
  const [first, second] = await run(task, "description = 'x'", 'description = null');
  expect(second).not.toBe(first);
});

test('an update that changes nothing leaves updated_at alone', async () => {
  const task = await addTask(database.privileged, alice, 'Same');
  const same = 'title = title, description = null, completed = completed';
  const [before, changed, after] = await run(task, same, 'completed = true', 'completed = true');
  expect(before).toBeNull();
  expect(changed).toEqual(expect.any(String));
  expect(after).toBe(changed);
});

test('updated_at moves strictly forward, also within one transaction', async () => {
  const task = await addTask(database.privileged, alice, 'Toggle');
  const seen = await run(task, ...Array<string>(30).fill('completed = not completed'));
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toHaveLength(30);
});

test('updated_at moves forward even when the clock was set back', async () => {
  const task = await addTask(database.privileged, alice, 'Future');
  await database.privileged.query(
    "update public.task set updated_at = '2999-01-01 00:00:00+00' where id = $1",
    [task],
  );
  expect(await run(task, 'completed = true', 'completed = false')).toEqual([
    '2999-01-01 00:00:00.000001+00',
    '2999-01-01 00:00:00.000002+00',
  ]);
});

test('updated_at is never before created_at', async () => {
  const { rows } = await database.privileged.query<{ id: number }>(
    `insert into public.task (title, user_id, created_at) values ('Future', $1, '2999-01-01 00:00:00+00')
     returning id`,
    [alice],
  );
  expect(await run(rows[0]?.id ?? 0, 'completed = true')).toEqual(['2999-01-01 00:00:00+00']);
});

// touch() belongs to every table: types without equality, a generated column, no created_at.
test('a column added later is covered, whatever its type', async () => {
  const { owner } = database;
  await owner.query('begin');
  try {
    await owner.query(`
      create table public.odd (id integer, updated_at timestamptz, body text,
        size integer generated always as (char_length(body)) stored);
      create trigger _200_touch before update on public.odd for each row execute function app_private.touch('size');
      insert into public.odd (id, body) values (1, 'a');
      alter table public.odd add column data json, add column place point, add gone text`);
    const change = async (set: string): Promise<string | null> => {
      const { rows } = await owner.query<{ at: string | null }>(
        `update public.odd set ${set} returning updated_at::text as at`,
      );
      return rows[0]?.at ?? null;
    };
    expect(await change("body = 'a', data = null")).toBeNull();
    const seen = [await change(`data = '{"a": 1}'`), await change("place = '(1,2)'")];
    seen.push(await change("body = 'b'"), await change('gone = 1'));
    await owner.query('alter table public.odd drop column gone cascade, add column late integer');
    seen.push(await change('late = 1'), await change('late = null'));
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).not.toContain(null);
    expect(await change(`body = 'b', data = '{"a": 1}', place = '(1,2)', late = null`)).toBe(
      seen.at(-1),
    );
  } finally {
    await owner.query('rollback');
  }
});
