/**
 * The size of an answer: MAX_ANSWER_BYTES over HTTP with real rows, for both executors. A refused answer costs a
 * connection and nothing else: writes are whole, and the next request is served.
 */
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/graphql/execution/limits.ts';
import { useTestDatabase } from '../support/database.ts';
import { type TestServer, useTestServer } from '../support/server.ts';
import { createTask, dataOf, errorOf } from '../support/tasks.ts';

const database = useTestDatabase();
const MAX = 1_000_000;
const limits = { ...DEFAULT_LIMITS, maxAnswerBytes: MAX };
const small = { poolSize: 1, limits };
const compiled = useTestServer(database, { ...small, executor: 'compiled' });
const grafast = useTestServer(database, { ...small, executor: 'grafast' });

const ROWS = 200;
/** As many characters as a description may have. */
const LONG = 10_000;
let last = 200;

async function addPerson(server: TestServer): Promise<number> {
  const id = ++last;
  await createTask(server, id, { title: 'first' });
  await database.privileged.query(
    `insert into public.task (user_id, title, description)
     select $1, 'task ' || n, repeat('lorem ipsum', $3) from generate_series(1, $2::integer) as n`,
    [id, ROWS, Math.floor(LONG / 'lorem ipsum'.length)],
  );
  return id;
}

const TOO_LARGE = [
  'TOO_COMPLEX',
  `The answer is too large: at most ${MAX} bytes are allowed. Ask for fewer rows (first: ...) or fewer fields.`,
];

const active = async (): Promise<number> => {
  const { rows } = await database.privileged.query<{ n: number }>(
    `select count(*)::integer as n from pg_stat_activity
     where datname = current_database() and application_name = 'rowguard' and state <> 'idle'`,
  );
  return rows[0]?.n ?? 0;
};

const list = (first: number): string => `tasks(first: ${first}) { nodes { description } }`;
const aliases = Array.from({ length: 10 }, (_, i) => `a${i}: description`).join(' ');
const REFUSED = [
  ['a list of rows', `{ ${list(ROWS)} }`],
  ['a list inside one row', `{ me { ${list(ROWS)} } }`],
  ['two lists that are too large together', `{ a: ${list(60)} b: me { ${list(61)} } }`],
  ['one column under ten names', `{ tasks(first: 20) { nodes { ${aliases} } } }`],
] as const;

describe.each([
  ['compiled', compiled],
  ['grafast', grafast],
])('with the executor %s', (_name, server) => {
  test('a large answer within the limit is served', async () => {
    const who = await addPerson(server);
    const { me } = dataOf(await server.ask(who, `{ me { ${list(80)} } }`));
    expect(me.tasks.nodes).toHaveLength(80);
  });

  test.each(REFUSED)('%s is refused, and the next request is served', async (_what, query) => {
    const who = await addPerson(server);
    expect(errorOf(await server.ask(who, query))).toEqual(TOO_LARGE);
    dataOf(await server.ask(who, `{ ${list(10)} }`));
    await expect.poll(active).toBe(0);
  });

  test('a write is whole, and the error says that it may be done', async () => {
    const who = await addPerson(server);
    const query = `mutation { createTask(input: {task: {title: "once"}}) { task { id user { ${list(ROWS)} } } } }`;
    const [code, message] = errorOf(await server.ask(who, query));
    expect([code, message]).toEqual([
      TOO_LARGE[0],
      `${TOO_LARGE[1]} The change may have been made.`,
    ]);
    const { rows } = await database.privileged.query(
      `select title from public.task where user_id = $1 and title = 'once'`,
      [who],
    );
    expect(rows).toEqual([{ title: 'once' }]);
    dataOf(await server.ask(who, '{ me { id } }'));
  });
});
