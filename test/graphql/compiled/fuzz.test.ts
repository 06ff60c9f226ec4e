/**
 * Random operations, each sent several times to two servers, one per executor. Both must give the same answers
 * to the byte, send the same statements and leave the same rows. Each run has the same operations; FUZZ_SEED
 * gives others, FUZZ_OPERATIONS more. PROOFS=whole, as in CI, sends almost three times as many as `npm test`.
 */
import { buildClientSchema, getIntrospectionQuery } from 'postgraphile/graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ExecutorName } from '../../../src/graphql/execution/execution.ts';
import { useTestDatabase } from '../../support/database.ts';
import { type Told, useExecutor } from '../../support/executors.ts';
import { ODD_TABLES, oddRows } from '../../support/odd-tables.ts';
import { addTask } from '../../support/people.ts';
import { WHOLE_PROOFS } from '../../support/proofs.ts';
import { Operations, randomOf } from '../../support/random-operations.ts';
import { emailOf } from '../../support/server.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const OPERATIONS = Number(process.env.FUZZ_OPERATIONS ?? (WHOLE_PROOFS ? 70 : 25));
const WHO = 5001;
const EPOCH = '00000000-0000-4000-8000-000000000000';

/** A server with its own database, which has the same rows as the other server's. */
function useSide(executor: ExecutorName, odd: boolean) {
  const database = useTestDatabase();
  if (odd) beforeAll(() => database.owner.query(ODD_TABLES));
  const { server, tell } = useExecutor(database, executor);
  const { privileged } = database;
  beforeAll(async () => {
    await privileged.query(
      `insert into public."user" (id, email, created_at) values ($1, $2, '2020-01-01Z')`,
      [WHO, emailOf(WHO)],
    );
    for (let i = 1; i <= 12; i++) await addTask(privileged, WHO, `task ${i % 5}`);
    await privileged.query(`
      alter table public.task disable trigger all;
      update public.task set created_at = '2020-01-01Z'::timestamptz + id * interval '1 hour',
        updated_at = case when id % 3 = 0 then '2020-02-01Z'::timestamptz - id * interval '1 hour' end,
        completed = id % 2 = 0, description = case when id % 4 = 0 then 'about ' || id end;
      alter table public.task enable trigger all`);
    if (odd) await privileged.query(oddRows(WHO));
    // Part of each cursor of taskChanges, and random otherwise.
    await privileged.query('update app_private.person_version set epoch = $1', [EPOCH]);
  });
  return {
    schema: async () =>
      buildClientSchema((await server.ask(WHO, getIntrospectionQuery())).body.data),
    tell,
    stored: () =>
      Promise.all(
        (odd ? ['task', 'thing', 'part'] : ['task']).map(async (table) => {
          const { rows } = await privileged.query(
            `select to_jsonb(t) - 'created_at' - 'updated_at' as row from public.${table} as t order by 1`,
          );
          return rows;
        }),
      ),
  };
}

/** Removes what differs between runs: times, also those inside cursors. */
const settled = ({ status, body, roundTrips, statements }: Told): string =>
  [status, body, roundTrips, ...statements]
    .join('\n')
    .replace(/"Wy[\w+/=]+"/g, (text) => JSON.stringify(Buffer.from(text, 'base64').toString()))
    .replace(/20(2[6-9]|[3-9]\d)-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d(:\d\d)?)/g, 'now');

const TIMES = ['2020-01-01T05:00:00Z', '2020-01-31T20:00:00.5+01:00', '2999-01-01T00:00:00Z'];
const VALUES: Record<string, readonly unknown[]> = {
  Int: [0, 1, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 200, 201, -1],
  String: ['', 'task', 'task', 'task 2', 'TASK 1', 'about', 'a', 't', '%', '\\', "'", 'ä', ' '],
  Boolean: [true, false],
  Datetime: [...TIMES, ...TIMES, ...TIMES, 'yesterday'],
  BigInt: ['9007199254740994', '9007199254740995', '1', '-1', 5, 'x'],
  BigFloat: ['0.25', '0.5', '1', '0', '2', 'NaN', 1.5, 'x'],
  Float: [0, 1, 0.3333333333333333, -1.5],
  JSON: [{ b: 2, a: [1, null, 'x'] }, 1, 'x', []],
  Date: ['2020-01-02', '2020-01-05', 'x'],
};

describe.each([
  { name: 'the API', odd: false },
  { name: 'an API of odd tables', odd: true },
])('$name', ({ odd }) => {
  const compiled = useSide('compiled', odd);
  const grafast = useSide('grafast', odd);

  test(`the same for both (FUZZ_SEED=${SEED})`, { timeout: 600_000 }, async () => {
    const cursors: unknown[] = ['', 'no cursor', 'bnVsbA==', 'W10=', 'WyJuYXR1cmFsIiwxXQ=='];
    const collect = (value: unknown): void => {
      if (typeof value === 'string' && value.startsWith('Wy')) cursors.push(value);
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
    };
    const random = randomOf(SEED);
    const scalars = (name: string) => (name === 'Cursor' ? cursors : (VALUES[name] ?? ['x']));
    const operations = new Operations(await compiled.schema(), random, scalars);
    let spare = WHO;
    for (let i = 0; i < OPERATIONS; i++) {
      const { query, variables } = operations.next(random() < 0.25 ? 'mutation' : 'query');
      // The second request makes the template; the third uses it.
      for (const given of [...variables, ...variables, ...variables, ...variables.toReversed()]) {
        const who = query.includes('deleteMe') ? ++spare : WHO;
        const ours = await compiled.tell(who, query, given);
        const theirs = await grafast.tell(who, query, given);
        expect({ query, given, ours: settled(ours) }).toEqual({
          query,
          given,
          ours: settled(theirs),
        });
        if (cursors.length < 400) collect(JSON.parse(ours.body));
      }
    }
    expect(await compiled.stored()).toEqual(await grafast.stored());
  });
});
