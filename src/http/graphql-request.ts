/**
 * Takes an HTTP request, leaves one GraphQL operation in `request.body`, or answers what is wrong with the
 * request (https://graphql.github.io/graphql-over-http/draft/). Must never accept another method than POST or
 * another media type than JSON: an HTML form of another site cannot send such a request.
 */
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { NOT_SUPPORTED } from '../graphql/client-error.ts';
import { sendError } from './answers.ts';
import {
  acceptedAnswer,
  GRAPHQL_TYPE,
  isJson,
  JSON_TYPE,
  namesEvents,
  prefersPage,
} from './media-types.ts';
import { noteOutcome } from './observe.ts';

/** A browser's GET gets GraphiQL, where it is served. */
export const onlyPost =
  (graphiql: boolean): RequestHandler =>
  (request, response, next) => {
    if (request.method === 'POST') return next();
    if (request.method === 'GET') {
      if (isHashOnly(queryParameters(request))) return refuseHash(response);
      if (graphiql && prefersPage(request.headers.accept)) {
        request.headers.accept = 'text/html';
        return next();
      }
    }
    response.set('Allow', 'POST');
    sendError(response, 405, 'BAD_USER_INPUT', 'Send GraphQL requests with POST.');
  };

/** Requests that accept server-sent events, and whether they accept nothing else. */
const events = new WeakMap<IncomingMessage, 'only' | 'also'>();

export const acceptsEvents = (request: IncomingMessage): boolean => events.has(request);
export const acceptsOnlyEvents = (request: IncomingMessage): boolean =>
  events.get(request) === 'only';

/** Leaves both headers in the form that grafserv compares them with. */
export const onlyJson: RequestHandler = (request, response, next) => {
  const { headers } = request;
  const accept = acceptedAnswer(headers.accept);
  if (namesEvents(headers.accept)) events.set(request, accept === undefined ? 'only' : 'also');
  if (!isJson(headers['content-type'])) {
    sendError(response, 415, 'BAD_USER_INPUT', 'The request must be application/json in UTF-8.');
  } else if (accept === undefined && !events.has(request)) {
    const message = `Answers are ${GRAPHQL_TYPE} or ${JSON_TYPE}, in UTF-8.`;
    sendError(response, 406, 'BAD_USER_INPUT', message);
  } else {
    headers['content-type'] = JSON_TYPE;
    headers.accept = accept ?? JSON_TYPE;
    next();
  }
};

/** Keeps query, operationName and variables in `request.body` and removes every other member. */
export const onlyOneOperation: RequestHandler = (request, response, next) => {
  if (isHashOnly(request.body)) return refuseHash(response);
  const problem = problemOf(request.body);
  if (problem) {
    const why = Array.isArray(request.body) ? { reason: NOT_SUPPORTED } : {};
    return sendError(response, 400, 'BAD_USER_INPUT', problem, why);
  }
  const { query, operationName, variables } = request.body;
  request.body = { query, operationName, variables };
  next();
};

/** A request of a client with automatic persisted queries: the hash of a query, without the query. */
function isHashOnly(body: unknown): boolean {
  if (!isObject(body) || body.query) return false;
  return isObject(body.extensions) && isObject(body.extensions.persistedQuery);
}

/**
 * Status 200 and the first error are Apollo Server's answer. Apollo Client and urql then send the query itself
 * and no more hashes. graphql-tools looks for the second error, and sends each query after its hash.
 */
const HASH_REFUSED = [
  ['PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED'],
  ['PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND'],
].map(([message, code]) => ({ message, extensions: { code } }));

function refuseHash(response: Response): void {
  noteOutcome(response, 'PERSISTED_QUERY_NOT_SUPPORTED');
  response.json({ errors: HASH_REFUSED });
}

/** The members of a GET request that isHashOnly reads. */
function queryParameters({ query }: Request): unknown {
  try {
    return { query: query.query, extensions: JSON.parse(String(query.extensions)) };
  } catch {
    return undefined;
  }
}

/** What is wrong with the JSON value of a request; undefined: it is one operation. */
export function problemOf(body: unknown): string | undefined {
  if (Array.isArray(body)) return 'Batching is not supported: send one operation per request.';
  if (!isObject(body)) return 'The request must be a JSON object.';
  const { query, operationName, variables, extensions } = body;
  if (typeof query !== 'string') return 'query must be a string.';
  if (operationName != null && typeof operationName !== 'string') {
    return 'operationName must be a string.';
  }
  if (variables != null && !isObject(variables)) return 'variables must be an object.';
  if (extensions != null && !isObject(extensions)) return 'extensions must be an object.';
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
