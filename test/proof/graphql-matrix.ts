/**
 * Tries operations over HTTP as a person and returns what went wrong: each object in an answer must be
 * its reader's, no text of anybody else's may come along, and everybody else's rows stay what they were.
 */
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { beforeAll, expect } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import type { Answer, TestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';
import { provedBy, type Target } from './coverage.ts';
import { type Operation, operationsOf } from './operations.ts';
import type { Rows } from './rows.ts';
import { foreign, idsOf, newKey, settle } from './world.ts';

export interface GraphqlMatrix {
  readonly operations: readonly Operation[];
  /** The operation's text, about a row of the victim's. */
  document(operation: Operation): string;
  /** All operations as this person, or those of these names. */
  as(person: number, names?: readonly string[]): Promise<string[]>;
}

interface Found {
  readonly types: Map<string, number[]>;
  readonly counts: number[];
}

/** Every object with an id in an answer, by type, and every count. */
function found(value: unknown, into: Found = { types: new Map(), counts: [] }): Found {
  if (typeof value !== 'object' || value === null) return into;
  for (const [key, inner] of Object.entries(value)) {
    if (key.toLowerCase().endsWith('count') && typeof inner === 'number') into.counts.push(inner);
    found(inner, into);
  }
  const { __typename: type, id } = value as { __typename?: string; id?: number };
  if (type && typeof id === 'number') into.types.set(type, [...(into.types.get(type) ?? []), id]);
  return into;
}

const endsAccount = ({ functions }: Rows, { name, mutation }: Operation) =>
  mutation && functions.some(({ mutation: own, ends }) => ends && own && name.startsWith(own));

/** `owned` are the ids of all that the reader has or had. */
function faults(
  operation: Operation,
  { status, body }: Answer,
  own: boolean,
  owned: Map<string, number[]>,
): string[] {
  const wrong: string[] = [];
  const { types, counts } = found(body.data);
  for (const [type, ids] of types)
    if (!ids.every((id) => owned.get(type)?.includes(id))) wrong.push(`read ${type} ${ids}`);
  const most = Math.max(...[...owned.values()].map((ids) => ids.length));
  if (counts.some((count) => count > most)) wrong.push(`counted ${counts}`);
  const right = operation.addressed && !own ? 'NOT_FOUND' : undefined;
  if (status !== 200 || body.errors?.[0]?.extensions.code !== right)
    wrong.push(`${status} ${JSON.stringify(body.errors)}`);
  // The control: the owner finds what others do not.
  const missed = own ? operation.finds.filter((type) => !types.has(type)) : [];
  if (missed.length > 0) wrong.push(`the owner found no ${missed}`);
  return wrong;
}

export function useGraphqlMatrix(
  database: TestDatabase,
  server: TestServer,
  victim: number,
  stranger: number,
  rows: Rows,
): GraphqlMatrix {
  const { privileged } = database;
  const lists = rows.tables.filter(({ list }) => list);
  let operations: Operation[] = [];
  let targets = new Map<string, Target>();
  const markOf = (person: number) => (person === victim ? 'secret' : `own${person}`);

  /** The middle row of each table, made again, as its owner sees it. */
  async function aim(): Promise<void> {
    const middle = await settle(privileged, victim, 'secret', rows);
    targets = new Map();
    for (const { type, list = '', columns } of lists) {
      const fields = columns.updated_at ? 'id updatedAt' : 'id';
      const query = `{ ${list} { edges { cursor node { ${fields} } } } }`;
      const { edges } = dataOf(await server.ask(victim, query))[list];
      const id = middle.get(type) ?? 0;
      const edge = edges.find(({ node }: { node: { id: number } }) => node.id === id);
      const { updatedAt = null } = edge.node;
      targets.set(type, { id, cursor: edge.cursor, updatedAt, mark: 'secret', key: '' });
    }
  }

  beforeAll(async () => {
    for (const id of [victim, stranger, newUserId()])
      await settle(privileged, id, markOf(id), rows);
    // The accounts are known now: nothing of them changes with a later request.
    for (const id of [victim, stranger]) dataOf(await server.ask(id, '{ me { id } }'));
    await aim();
    const answer = await server.ask(stranger, getIntrospectionQuery());
    operations = operationsOf(buildClientSchema(dataOf(answer)), provedBy(rows));
  });

  function document(operation: Operation): string {
    const about = (type: string) => operation.name.toLowerCase().includes(type.toLowerCase());
    const target = targets.get((lists.find(({ type }) => about(type)) ?? lists[0])?.type ?? '');
    if (!target) throw new Error(`nothing to aim at in ${operation.name}`);
    return operation.document({ ...target, key: newKey() });
  }

  async function attempt(person: number, operation: Operation): Promise<string[]> {
    // Again for each mutation: the owner's own change the rows they are about.
    if (operation.mutation) await aim();
    const actor = endsAccount(rows, operation) ? newUserId() : person;
    if (actor !== person) {
      await settle(privileged, actor, markOf(actor), rows);
      dataOf(await server.ask(actor, '{ me { id } }'));
    }
    const before = await foreign(privileged, actor, rows);
    expect(before.rows).toBeGreaterThan(5);
    const owned = await idsOf(privileged, actor, rows);
    const text = document(operation);
    const answer = await server.ask(actor, text);
    for (const [type, ids] of await idsOf(privileged, actor, rows)) owned.get(type)?.push(...ids);
    const wrong = faults(operation, answer, actor === victim, owned);
    const after = await foreign(privileged, actor, rows);
    if (after.digest !== before.digest) wrong.push('changed others’ rows');
    // A text that was sent may come back.
    const told = !text.includes('secret') && JSON.stringify(answer.body).includes('secret');
    if (actor !== victim && told) wrong.push('told a secret');
    return wrong.map((what) => `${operation.name}: ${what}`);
  }

  return {
    get operations() {
      return operations;
    },
    document,
    async as(person, names) {
      const wrong: string[] = [];
      // One after the other: they change the same rows.
      for (const operation of operations)
        if (names?.includes(operation.name) ?? true)
          wrong.push(...(await attempt(person, operation)));
      return wrong;
    },
  };
}
