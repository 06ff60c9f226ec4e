/**
 * Tries operations over HTTP as a person and returns what went wrong: each row in an answer must be its
 * reader's, no text of another person may come along, and everybody else's rows stay what they were.
 */
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { beforeAll, expect } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import type { Answer, TestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';
import { provedBy } from './coordinates.ts';
import { type Operation, operationsOf } from './operations.ts';
import { camel, type Relation, relationsOf } from './relations.ts';
import type { Rows } from './rows.ts';
import type { Target } from './target.ts';
import { foreign, keyOf, keysOf, newKey, type Settled, settle } from './world.ts';

export interface GraphqlMatrix {
  readonly operations: readonly Operation[];
  /** The tables of rows.ts as the matrix uses them. */
  readonly relations: readonly Relation[];
  /** The operation's text, about a row of the victim's. */
  document(operation: Operation): string;
  /** All operations as this person, or those of these names. */
  as(person: number, names?: readonly string[]): Promise<string[]>;
}

interface Found {
  readonly types: Map<string, string[]>;
  readonly counts: number[];
}

/** Type → the fields that tell its rows apart. */
type KeyFields = ReadonlyMap<string, readonly string[]>;

/** Every row in an answer, by type, and every count. */
function found(
  value: unknown,
  fields: KeyFields,
  into: Found = { types: new Map(), counts: [] },
): Found {
  if (typeof value !== 'object' || value === null) return into;
  for (const [key, inner] of Object.entries(value)) {
    if (key.toLowerCase().endsWith('count') && typeof inner === 'number') into.counts.push(inner);
    found(inner, fields, into);
  }
  const row = new Map(Object.entries(value));
  const type = String(row.get('__typename'));
  const values = (fields.get(type) ?? []).map((field) => row.get(field));
  if (values.length > 0 && !values.includes(undefined))
    into.types.set(type, [...(into.types.get(type) ?? []), keyOf(values)]);
  return into;
}

/** An id that nothing has, to see whether an operation refers to rows. */
const NOWHERE = '1987654321';

export function useGraphqlMatrix(
  database: TestDatabase,
  server: TestServer,
  victim: number,
  stranger: number,
  rows: Rows,
): GraphqlMatrix {
  const { privileged } = database;
  let relations: Relation[] = [];
  let fields: KeyFields = new Map();
  let operations: Operation[] = [];
  /** By type: what an operation about it takes. */
  let targets = new Map<string, Omit<Target, 'idempotencyKey' | 'rows'>>();
  let victims: Settled = new Map();
  const markOf = (person: number) => (person === victim ? 'secret' : `own${person}`);

  const endsAccount = ({ name, mutation }: Operation) =>
    mutation &&
    rows.functions.some(({ mutation: own, ends }) => ends && own && name.startsWith(own));

  /** Whether a function takes the id of a row of the victim's: others may be refused. */
  const aims = ({ name }: Operation) =>
    rows.functions.some(
      ({ mutation, field = '', input }) =>
        name.split(/[ .]/).includes(mutation ?? field.replace(/^.*\./, '')) &&
        Object.values(input ?? {}).some((text) => text.includes('$ID(')),
    );

  /** `owned` are the keys of all that the reader has or had. */
  function faults(
    operation: Operation,
    { status, body }: Answer,
    own: boolean,
    owned: Map<string, Set<string>>,
  ): string[] {
    const wrong: string[] = [];
    const { types, counts } = found(body.data, fields);
    for (const [type, keys] of types)
      if (!keys.every((key) => owned.get(type)?.has(key))) wrong.push(`read ${type} ${keys}`);
    const most = Math.max(...[...owned.values()].map(({ size }) => size));
    if (counts.some((count) => count > most)) wrong.push(`counted ${counts}`);
    const right = operation.addressed && !own ? 'NOT_FOUND' : undefined;
    const code = body.errors?.[0]?.extensions.code;
    const decided = own || !aims(operation);
    if (status !== 200 || (decided && code !== right) || code === 'INTERNAL')
      wrong.push(`${status} ${JSON.stringify(body.errors)}`);
    // The control: the owner finds what others do not.
    const missed = own ? operation.finds.filter((type) => !types.has(type)) : [];
    if (missed.length > 0) wrong.push(`the owner found no ${missed}`);
    return wrong;
  }

  /** The victim's rows, made again, and the middle one of each table. */
  async function aim(): Promise<void> {
    victims = await settle(privileged, victim, 'secret', relations);
    targets = new Map();
    for (const { sql, type, list, columns } of relations) {
      const keys = victims.get(sql) ?? [];
      const key = keys[1] ?? keys[0];
      if (!list || !key) continue;
      const updatedAt = columns.updated_at ? String(columns.updated_at.value) : null;
      targets.set(type, { key, cursor: '', updatedAt, mark: 'secret', victim: victims });
    }
  }

  /** The cursors of those rows, as their owner sees them. They are valid until the next `aim`. */
  async function aimCursors(): Promise<void> {
    for (const { type, list } of relations) {
      const target = targets.get(type);
      if (!list || !target) continue;
      const names = fields.get(type) ?? [];
      const query = `{ ${list} { edges { cursor node { ${names.join(' ')} } } } }`;
      const { edges } = dataOf(await server.ask(victim, query))[list];
      const edge = edges.find(
        ({ node }: { node: Record<string, unknown> }) =>
          keyOf(names.map((name) => node[name])) === keyOf(Object.values(target.key)),
      );
      if (!edge) throw new Error(`the owner finds no row in ${list}`);
      targets.set(type, { ...target, cursor: edge.cursor });
    }
  }

  beforeAll(async () => {
    relations = await relationsOf(privileged, rows);
    fields = new Map(relations.map(({ type, key }) => [type, key.map(camel)]));
    for (const id of [victim, stranger, newUserId()])
      await settle(privileged, id, markOf(id), relations);
    // The accounts are known now: nothing of them changes with a later request.
    for (const id of [victim, stranger]) dataOf(await server.ask(id, '{ me { id } }'));
    await aim();
    const answer = await server.ask(stranger, getIntrospectionQuery());
    const schema = buildClientSchema(dataOf(answer));
    const values = provedBy(schema, relations, rows);
    const ends = rows.functions.flatMap(({ ends, mutation }) => (ends && mutation) || []);
    operations = operationsOf(schema, { values, relations, ends });
  });

  /** A type without a list has no row of its own to aim at: any other will do. */
  function targetOf(type = '') {
    const target = targets.get(type) ?? [...targets.values()][0];
    if (!target) throw new Error('there is no list to aim at');
    return target;
  }

  const document = (operation: Operation, own: Settled = victims): string =>
    operation.document((type) => ({ ...targetOf(type), rows: own, idempotencyKey: newKey() }));

  /** Sends the operation and says what is wrong with the answer. */
  async function judge(
    actor: number,
    operation: Operation,
    own: Settled,
    owned: () => Promise<Map<string, Set<string>>>,
  ): Promise<string[]> {
    const text = document(operation, own);
    const answer = await server.ask(actor, text);
    const wrong = faults(operation, answer, actor === victim, await owned());
    // A text that was sent may come back.
    const leaked = !text.includes('secret') && JSON.stringify(answer.body).includes('secret');
    if (actor !== victim && leaked) wrong.push('told a secret');
    return wrong.map((what) => `${operation.name}: ${what}`);
  }

  async function attempt(person: number, operation: Operation): Promise<string[]> {
    // Again for each mutation: it changes the rows that it is about.
    await aim();
    const actor = endsAccount(operation) ? newUserId() : person;
    const own =
      actor === victim ? victims : await settle(privileged, actor, markOf(actor), relations);
    if (actor !== person) dataOf(await server.ask(actor, '{ me { id } }'));
    const before = await foreign(privileged, actor, relations, rows);
    expect(before.rows).toBeGreaterThan(5);
    const owned = await keysOf(privileged, actor, relations);
    const wrong = await judge(actor, operation, own, async () => {
      for (const [type, keys] of await keysOf(privileged, actor, relations))
        owned.set(type, new Set([...(owned.get(type) ?? []), ...keys]));
      return owned;
    });
    const after = await foreign(privileged, actor, relations, rows);
    if (after.digest !== before.digest) wrong.push(`${operation.name}: changed others’ rows`);
    return wrong;
  }

  /** A row of another person is refused as the target of a reference. */
  async function refersAbroad(actor: number, operation: Operation): Promise<string[]> {
    const nowhere = new Map(relations.map(({ sql }) => [sql, [{ id: NOWHERE }]]));
    if (actor === victim || !document(operation, nowhere).includes(NOWHERE)) return [];
    await aim();
    const owner = operation.addressed
      ? await settle(privileged, actor, markOf(actor), relations)
      : undefined;
    const before = await foreign(privileged, null, relations, rows);
    const text = operation.document((type) => {
      const sql = relations.find((relation) => relation.type === type)?.sql ?? '';
      const key = owner?.get(sql)?.[1] ?? targetOf(type).key;
      const mine = { ...targetOf(type), key, mark: markOf(actor) };
      return { ...mine, rows: victims, idempotencyKey: newKey() };
    });
    const { body } = await server.ask(actor, text);
    const wrong =
      body.errors?.[0]?.extensions.code === 'CONFLICT' ? [] : [`${JSON.stringify(body)}`];
    const after = await foreign(privileged, null, relations, rows);
    if (after.digest !== before.digest) wrong.push('wrote a row that refers to another person’s');
    return wrong.map((what) => `${operation.name} of a foreign row: ${what}`);
  }

  return {
    get operations() {
      return operations;
    },
    get relations() {
      return relations;
    },
    document: (operation) => document(operation),
    async as(person, names) {
      const wrong: string[] = [];
      const chosen = operations.filter(({ name }) => names?.includes(name) ?? true);
      // Reads first, against rows that stand still; the digest of all of them is compared at the end.
      await aim();
      await aimCursors();
      const before = await foreign(privileged, null, relations, rows);
      const owned = await keysOf(privileged, person, relations);
      for (const operation of chosen.filter(({ mutation }) => !mutation))
        wrong.push(...(await judge(person, operation, victims, async () => owned)));
      const after = await foreign(privileged, null, relations, rows);
      if (after.digest !== before.digest) wrong.push('a query changed rows');
      // One after the other: they change the same rows.
      for (const operation of chosen.filter(({ mutation }) => mutation))
        wrong.push(
          ...(await attempt(person, operation)),
          ...(await refersAbroad(person, operation)),
        );
      return wrong;
    },
  };
}
