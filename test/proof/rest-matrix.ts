/**
 * Tries every route of the OpenAPI document as a person and returns what went wrong: each row in an answer must be
 * its reader's, no text of another person may come along, and everybody else's rows stay what they were. Routes and
 * parameters come from the document, so a new table is tried without a change here.
 */
import { beforeAll, expect } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import { type Rest, type RestAnswer, restOf } from '../support/rest.ts';
import type { TestServer } from '../support/server.ts';
import { type Relation, relationsOf } from './relations.ts';
import type { Rows } from './rows.ts';
import { foreign, keysOf, nextNumber, referred, type Settled, settle, textOf } from './world.ts';

export interface RestMatrix {
  /** GET /api/{user_id}/tasks and so on. */
  readonly routes: readonly string[];
  as(person: number): Promise<string[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
type Json = any;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** The table whose rows the answer has, if it has rows. */
  readonly relation: Relation | undefined;
  /** Whether it is about one row of the victim's. */
  readonly addressed: boolean;
}

export function useRestMatrix(
  database: TestDatabase,
  server: TestServer,
  victim: number,
  stranger: number,
  rows: Rows,
): RestMatrix {
  const { privileged } = database;
  const rest: Rest = restOf(server);
  let relations: Relation[] = [];
  let document: Json;
  const markOf = (person: number) => (person === victim ? 'secret' : `own${person}`);

  beforeAll(async () => {
    relations = await relationsOf(privileged, rows);
    for (const id of [victim, stranger, newUserId()])
      await settle(privileged, id, markOf(id), relations);
    document = await rest.document();
    // The accounts are known now: nothing of them changes with a later request.
    for (const id of [victim, stranger])
      expect((await rest.ask(id, 'GET', '/api/me/rpc/me')).status).toBe(200);
  });

  /** Values that a query parameter may have. */
  function valuesOf(parameter: Json, relation: Relation): string[] {
    const { type, format, enum: choices, items } = parameter.schema;
    if (choices) return choices;
    if (type === 'array') return [valuesOf({ ...parameter, schema: items }, relation).join(',')];
    if (type === 'boolean') return ['true', 'false'];
    if (format === 'date-time') return ['2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z'];
    if (format === 'date') return ['2000-01-01', '2100-01-01'];
    if (parameter.name === 'search') return ['secret', 'own'];
    if (type === 'integer' || type === 'number') return ['0', '1'];
    return [];
  }

  /** A body with a value for each column that the schema has. */
  function bodyOf(schema: Json, relation: Relation, mark: string, own: Settled): object {
    const { properties } = document.components.schemas[schema.$ref.split('/').at(-1)];
    const columns = Object.entries(relation.columns).filter(([name]) => name in properties);
    return Object.fromEntries(
      columns.flatMap(([name, column]) => {
        const value = column.refers
          ? Number(referred(relation, name, own))
          : typeof column.value === 'string'
            ? textOf(column.value, mark, nextNumber())
            : column.value;
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  const routesOf = (): [path: string, method: string, operation: Json][] =>
    Object.entries<Json>(document.paths).flatMap(([path, item]) =>
      Object.entries<Json>(item)
        .filter(([method]) => method !== 'parameters')
        .map(([method, operation]): [string, string, Json] => [path, method, operation]),
    );

  /** `id`: of the victim's row in this table. `own`: rows of the sender. */
  function requestsOf(
    [pattern, verb, operation]: [string, string, Json],
    victims: Settled,
    own: Settled,
    mark: string,
  ): Request[] {
    const method = verb.toUpperCase();
    const type = typeOf(operation);
    const relation = relations.find((one) => one.type === type);
    const keys = relation && victims.get(relation.sql);
    const id = (keys?.[1] ?? keys?.[0])?.id;
    const path = pattern.replace('{user_id}', 'me').replace('{id}', String(id));
    const schema = operation.requestBody?.content['application/json'].schema;
    const addressed = pattern.includes('{id}');
    const plain = { method, path, relation, addressed };
    if (pattern.includes('/rpc/')) return callsOf(pattern, plain, victims);
    if (!relation) throw new Error(`${pattern} is of no table that rows.ts has`);
    if (schema?.$ref) return [{ ...plain, body: bodyOf(schema, relation, mark, own) }];
    if (schema) return [plain, { ...plain, body: { completed: true } }];
    const queries = (operation.parameters ?? [])
      .filter((one: Json) => one.in === 'query')
      .flatMap((one: Json) => valuesOf(one, relation).map((value) => `?${one.name}=${value}`));
    return ['', ...queries].map((query) => ({ ...plain, path: path + query }));
  }

  function callsOf(pattern: string, plain: Request, victims: Settled): Request[] {
    const name = pattern.replace(/^.*\//, '');
    const served = rows.functions.find((one) => one.name.startsWith(`public.${name}(`));
    if (!served) throw new Error(`${pattern} is of no function that rows.ts has`);
    if (served.ends) return [];
    const given = Object.entries(served.input ?? {}).map(([argument, text]) => {
      const sql = /^\$ID\((.*)\)$/.exec(text)?.[1];
      const key = sql && victims.get(sql)?.[1]?.id;
      return [argument.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), key ?? text] as const;
    });
    const addressed = Object.values(served.input ?? {}).some((text) => text.startsWith('$ID('));
    if (plain.method === 'GET') {
      const query = new URLSearchParams(
        given.map(([argument, text]): [string, string] => [argument, String(text)]),
      );
      return [{ ...plain, addressed, path: `${plain.path}?${query}` }];
    }
    const body = Object.fromEntries(given.map(([argument, text]) => [argument, JSON.parse(text)]));
    return [{ ...plain, addressed, body }];
  }

  /** The schema of the rows that an operation answers with. */
  function typeOf({ responses, requestBody }: Json): string | undefined {
    const answer = responses['200'] ?? responses['201'];
    const schema = answer?.content?.['application/json'].schema;
    const { $ref } = schema?.items ?? schema ?? {};
    const body = requestBody?.content['application/json'].schema.$ref;
    // A delete answers with nothing: its neighbours say whose rows they are.
    return ($ref ?? body)?.split('/').at(-1);
  }

  async function judge(person: number, request: Request, answer: RestAnswer): Promise<string[]> {
    const wrong: string[] = [];
    const own = person === victim;
    const right = request.addressed && !own ? answer.status === 404 : answer.status < 300;
    if (!right) wrong.push(`${answer.status} ${answer.text}`);
    if (!own && answer.text.includes('secret')) wrong.push('told a secret');
    const owned = await keysOf(privileged, person, relations);
    const ids = request.relation && answer.status < 300 ? [answer.body ?? []].flat() : [];
    const keys = owned.get(request.relation?.type ?? '');
    for (const { id } of ids) if (!keys?.has(String(id))) wrong.push(`read ${id}`);
    return wrong.map((what) => `${request.method} ${request.path}: ${what}`);
  }

  return {
    get routes() {
      return routesOf().map(([path, method]) => `${method.toUpperCase()} ${path}`);
    },
    async as(person) {
      const wrong: string[] = [];
      for (const given of routesOf()) {
        const [path, method] = given;
        const operation = method === 'delete' ? { ...document.paths[path].get } : given[2];
        const [victims, mark] = [
          await settle(privileged, victim, 'secret', relations),
          markOf(person),
        ];
        const own = person === victim ? victims : await settle(privileged, person, mark, relations);
        const requests = requestsOf(
          [path, method, { ...operation, ...(method === 'delete' && { parameters: [] }) }],
          victims,
          own,
          mark,
        );
        for (const request of requests) {
          const before = await foreign(privileged, person, relations, rows);
          expect(before.rows).toBeGreaterThan(5);
          const { body } = request;
          const answer = await rest.ask(person, request.method, request.path, { body });
          wrong.push(...(await judge(person, request, answer)));
          const after = await foreign(privileged, person, relations, rows);
          if (after.digest !== before.digest) wrong.push(`${request.path}: changed others’ rows`);
          if (person === victim) continue;
          // By the victim's own path nothing is even looked up.
          const named = request.path.replace('/me/', `/${victim}/`);
          const refused = await rest.ask(person, request.method, named, { body });
          if (refused.status !== 403) wrong.push(`${named}: ${refused.status} ${refused.text}`);
          if (request.method !== 'GET') await settle(privileged, person, mark, relations);
        }
      }
      return wrong;
    },
  };
}
