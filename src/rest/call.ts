/**
 * One request of REST while it is answered. Takes the request and its route, runs GraphQL operations for it and
 * sends the answer. Must never run an operation that the request's own limits would refuse.
 */
import type { Request, Response } from 'express';
import type { Constraints } from '../database/constraints.ts';
import type { Api } from '../graphql/api.ts';
import type { Answered } from '../graphql/execution/grafserv.ts';
import type { GraphiqlAccount } from '../graphql/graphiql.ts';
import type { Model, Resource } from './model.ts';
import { type Names, Problem, problemOf } from './problem.ts';
import type { Route } from './route.ts';
import { currentOf, type Row, type Shape, shapeOf, tagOf } from './rows.ts';

export interface Services {
  readonly api: Api;
  /** Receives the bytes of each answer: rate-limit.ts. */
  readonly answered: Answered;
  /** Rows of the largest page. */
  readonly most: number;
  readonly constraints: () => Constraints;
  /** The accounts on the page of development; undefined = no page. */
  readonly accounts: readonly GraphiqlAccount[] | undefined;
}

export interface Call {
  readonly services: Services;
  readonly request: Request;
  readonly response: Response;
  readonly model: Model;
  readonly route: Route;
  readonly userId: number;
}

/** Pages up to this size cost one point, larger ones more: src/graphql/execution/points.ts. */
const SMALL_PAGE = 500;

export interface Operation {
  readonly text: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Rows of the page, if the operation has one. */
  readonly rows?: number;
}

/** What the operation returned, with the aliases of documents.ts. Throws a Problem. */
export async function run(
  { services: { api, most }, request, response }: Call,
  { text, variables = {}, rows = 1 }: Operation,
  names: Names = {},
): Promise<Data> {
  const limit = rows <= SMALL_PAGE ? Math.min(SMALL_PAGE, most) : most;
  const result = await api.run(request, response, { text, variables, rows: limit });
  const [error] = result.errors ?? [];
  if (error) throw problemOf(error, names);
  return result.data as Data;
}

export interface Page {
  readonly nodes: readonly Row[];
  readonly totalCount?: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The members that documents of documents.ts have. */
export interface Data {
  readonly page?: Page;
  readonly me?: { readonly page: Page };
  readonly row?: Row | null;
  readonly done?: { readonly row?: Row | null; readonly result?: unknown } | null;
  readonly result?: unknown;
}

/** The names that errors about rows of the table have. */
export const namesOf = (resource: Resource, userId: number): Names => ({
  columnOf: (field) => resource.columns.find((one) => one.field === field)?.name ?? field,
  rowOf: (current) => currentOf(resource, current, userId),
});

const shapes = new WeakMap<Resource, Shape>();

export function shaped(resource: Resource): Shape {
  let shape = shapes.get(resource);
  if (!shape) {
    shape = shapeOf(resource);
    shapes.set(resource, shape);
  }
  return shape;
}

export const missing = (): Problem => new Problem(404, 'NOT_FOUND', 'There is no such object.');

const JSON_TYPE = 'application/json; charset=utf-8';

export function sendJson({ services, request, response }: Call, status: number, value: unknown) {
  const body = Buffer.from(JSON.stringify(value));
  services.answered(request, body.byteLength);
  response.statusCode = status;
  response.setHeader('Content-Type', JSON_TYPE);
  response.setHeader('Content-Length', body.byteLength);
  // To HEAD Node sends the headers alone.
  response.end(body);
}

export function sendRow(call: Call, resource: Resource, row: Row, status = 200): void {
  const tag = tagOf(resource, row);
  if (tag !== undefined) call.response.setHeader('ETag', tag);
  sendJson(call, status, shaped(resource)(row, call.userId));
}
