/**
 * The schema for tools that have no token: GET /schema.graphql and introspection with POST /graphql. Mounted in
 * development only. Takes what prints and introspects the schema. Must never answer any other request:
 * everything else goes on to the authentication as it came.
 */
import { hash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Introspect, SchemaRequest } from '../graphql/execution/introspection.ts';
import { problemOf } from './graphql-request.ts';
import { tryReadJson } from './json-body.ts';
import { acceptedAnswer, GRAPHQL_TYPE, isJson, JSON_TYPE } from './media-types.ts';
import { isLoopbackHost } from './pages.ts';

/** The API as it is now, in SDL: the text of test/app/schema.graphql after the last commit. */
export function schemaPage(print: () => string): RequestHandler {
  return (_request, response) => {
    const text = print();
    response.set('ETag', `"${hash('sha256', text, 'base64url')}"`);
    response.set('Cache-Control', 'no-cache');
    // express answers 304 by itself where If-None-Match has this ETag.
    response.type('text/plain').send(text);
  };
}

export interface IntrospectionOptions {
  readonly introspect: Introspect;
  readonly maxRequestBytes: number;
  /** Whether the server is meant to be used under any host name. */
  readonly anyHost: boolean;
}

/**
 * For a request without an Authorization header. Only loopback host names: a page of another site that points its
 * own name at this machine (DNS rebinding) needs no CORS.
 */
export function introspectionWithoutToken(options: IntrospectionOptions): RequestHandler {
  const readBody = tryReadJson(options.maxRequestBytes);
  return async (request, response, next) => {
    const { headers } = request;
    const accept = acceptedAnswer(headers.accept);
    if (headers.authorization !== undefined || !accept || !isJson(headers['content-type'])) {
      return next();
    }
    if (!options.anyHost && !isLoopbackHost(headers.host)) return next();
    const body = await readBody(request, response);
    const result = isOneOperation(body) ? options.introspect(body) : undefined;
    if (!result) return next();
    response.type(accept === GRAPHQL_TYPE ? GRAPHQL_TYPE : JSON_TYPE).json(result);
  };
}

const isOneOperation = (body: unknown): body is SchemaRequest => problemOf(body) === undefined;
