/**
 * Every table of the public schema, also one that a later migration adds: each command as the row's owner,
 * as a stranger and as nobody. Which tables and columns there are is asked of the catalogue.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { asUser, outcome, useTestDatabase } from '../support/database.ts';
import { addUser } from '../support/people.ts';

const database = useTestDatabase('whole');
let alice: number;
let bob: number;

interface Table {
  readonly name: string;
  readonly owner: string;
  /** Columns a row can not be made without, and their types. */
  readonly needed: readonly { name: string; type: string }[];
  /** A column that todo_user may update. */
  readonly updatable: string | null;
  readonly deletable: boolean;
}
let tables: Table[];

/** A value of each type that a column may need; a table that needs another adds it here. */
const SAMPLES: Record<string, unknown> = {
  text: 'sample',
  integer: 1,
  boolean: false,
  'timestamp with time zone': new Date(0),
  date: '2020-01-01',
};

beforeAll(async () => {
  alice = await addUser(database.privileged);
  bob = await addUser(database.privileged);
  const { rows } = await database.privileged.query<Table>(
    `select c.oid::regclass::text as name,
       case c.relname when 'user' then 'id' else 'user_id' end as owner,
       coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null)))
         filter (where a.attnotnull and not a.atthasdef and a.attidentity = ''
           and a.attname <> 'user_id'), '[]') as needed,
       min(a.attname) filter (where has_column_privilege('todo_user', c.oid, a.attnum, 'update')) as updatable,
       has_table_privilege('todo_user', c.oid, 'delete') as deletable
     from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     group by c.oid, c.relname order by 1`,
  );
  tables = rows;
  for (const table of tables.filter(({ name }) => name !== '"user"')) {
    const columns = ['user_id', ...table.needed.map(({ name }) => `"${name}"`)];
    const values = [alice, ...table.needed.map(({ type }) => SAMPLES[type])];
    await database.privileged.query(
      `insert into ${table.name} (${columns}) values (${values.map((_, i) => `$${i + 1}`)})`,
      values,
    );
  }
});

/** Alice's rows as the superuser sees them. */
async function stored({ name, owner }: Table): Promise<unknown[]> {
  const { rows } = await database.privileged.query(
    `select * from ${name} where ${owner} = $1 order by id`,
    [alice],
  );
  return rows;
}

const attempt = (claim: number | null, sql: string) =>
  asUser(database.authenticator, claim, (client) => outcome(client.query(sql)));

describe('every table', () => {
  test('is there to be tried, with a row', async () => {
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['task', '"user"']));
    for (const table of tables) expect(await stored(table), table.name).toHaveLength(1);
  });

  test('shows its owner their row, and a stranger and nobody none of it', async () => {
    for (const { name, owner } of tables) {
      const sql = `select from ${name} where ${owner} = ${alice}`;
      expect([name, await attempt(alice, sql)]).toEqual([name, 'ok 1']);
      expect([name, await attempt(bob, sql), await attempt(null, sql)]).toEqual([
        name,
        'ok 0',
        'ok 0',
      ]);
    }
  });

  test('lets its owner change and delete it as far as is granted, and nobody else', async () => {
    for (const table of tables) {
      const { name, owner, updatable, deletable } = table;
      const before = await stored(table);
      const column = updatable ?? 'id';
      const commands: [string, boolean][] = [
        [`update ${name} set "${column}" = "${column}" where ${owner} = ${alice}`, !!updatable],
        [`delete from ${name} where ${owner} = ${alice}`, deletable],
      ];
      for (const [sql, granted] of commands) {
        expect([sql, await attempt(alice, sql)]).toEqual([sql, granted ? 'ok 1' : '42501']);
        const refused = granted ? 'ok 0' : '42501';
        expect([sql, await attempt(bob, sql)]).toEqual([sql, refused]);
        expect([sql, await attempt(null, sql)]).toEqual([sql, refused]);
      }
      expect(await stored(table)).toEqual(before);
    }
  });

  test('has no row made for somebody else', async () => {
    for (const { name, owner, needed } of tables) {
      const columns = [owner, ...needed.map((column) => column.name).filter((c) => c !== owner)];
      const samples = columns
        .slice(1)
        .map((c) => SAMPLES[needed.find((n) => n.name === c)?.type ?? '']);
      const sql = `insert into ${name} (${columns.map((c) => `"${c}"`)}) values (${[alice, ...samples.map((s) => `'${s}'`)]})`;
      expect([sql, await attempt(bob, sql)]).toEqual([sql, '42501']);
    }
  });
});
