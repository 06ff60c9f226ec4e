/**
 * Gives every request an id and one entry at its end: person, operation, outcome, duration. Takes what
 * receives the entries, returns a handler. An entry must never hold a token, a variable or any text of a
 * query except the operation's name.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { Executed } from '../graphql/execution/execution.ts';
import type { Identity } from '../identity/identity.ts';

export interface RequestEntry {
  readonly requestId: string;
  readonly method: string;
  /** One of our own paths, a route of REST such as /api/{user_id}/tasks/{id}, or "other". */
  readonly path: string;
  readonly status: number;
  /** "ok", the code of the first error, or CLIENT_GONE. */
  readonly outcome: string;
  readonly durationMs: number;
  readonly userId?: number | undefined;
  /** query or mutation; undefined without an operation. */
  readonly kind?: string | undefined;
  readonly operation?: string | undefined;
  /** compiled, grafast, or both: src/graphql/compiled/execute.ts. */
  readonly executor?: string | undefined;
  /** Why the token was refused: a sentence of src/identity/refusals.ts. */
  readonly refused?: string | undefined;
  /** Id of an error that was hidden from the client. The log has the error under the same id. */
  readonly errorId?: string | undefined;
}

const executed = new WeakMap<IncomingMessage, Executed>();

export function noteExecuted(request: IncomingMessage, what: Executed): void {
  executed.set(request, what);
}

const outcomes = new WeakMap<Response, string>();

/** For an answer that is given before GraphQL runs. */
export function noteOutcome(response: Response, code: string): void {
  outcomes.set(response, code);
}

const routes = new WeakMap<Response, string>();

/** `route`: a path of REST with its parameters by name. Never a value that a client can choose. */
export function noteRoute(response: Response, route: string): void {
  routes.set(response, route);
}

const refusals = new WeakMap<Response, string>();

/** `reason`: never a part of the token. */
export function noteRefusal(response: Response, reason: string): void {
  refusals.set(response, reason);
}

/** The form of an id that a client may choose. Nothing longer, so that the log gets no secret. */
const ID = /^[A-Za-z0-9._:-]{1,64}$/;

const PATHS = new Set(['/', '/graphql', '/livez', '/readyz', '/metrics', '/schema.graphql']);

const MAX_NAME = 60;

export interface ObserveOptions {
  readonly ended: (entry: RequestEntry) => void;
  /** undefined if the request was not authenticated. */
  readonly identityOf: (request: IncomingMessage) => Identity | undefined;
}

export function observe({ ended, identityOf }: ObserveOptions): RequestHandler {
  return (request, response, next) => {
    const since = performance.now();
    const given = request.get('x-request-id') ?? '';
    const requestId = ID.test(given) ? given : randomUUID();
    const { method, path } = request;
    response.setHeader('X-Request-Id', requestId);
    response.once('close', () => {
      const operation = executed.get(request);
      ended({
        requestId,
        method,
        path: PATHS.has(path) ? path : (routes.get(response) ?? 'other'),
        status: response.statusCode,
        outcome: outcomeOf(response, operation?.code),
        durationMs: Math.round((performance.now() - since) * 100) / 100,
        userId: identityOf(request)?.userId,
        kind: operation?.kind,
        operation: operation?.name?.slice(0, MAX_NAME),
        executor: operation?.executor,
        refused: refusals.get(response),
        errorId: operation?.errorId,
      });
    });
    next();
  };
}

function outcomeOf(response: Response, code: string | undefined): string {
  if (!response.writableFinished) return 'CLIENT_GONE';
  const known = code ?? outcomes.get(response);
  if (known) return known;
  if (response.statusCode < 400) return 'ok';
  return response.statusCode < 500 ? 'BAD_USER_INPUT' : 'INTERNAL';
}
