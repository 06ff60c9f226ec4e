/**
 * Takes an HTTP request, leaves one GraphQL operation in `request.body`, or answers what is wrong with the
 * request (https://graphql.github.io/graphql-over-http/draft/). Must never accept another method than POST or
 * another media type than JSON: an HTML form of another site cannot send such a request.
 */
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { sendError } from './answers.ts';

export const DEFAULT_MAX_REQUEST_BYTES = 100_000;

const ANSWERS = ['application/graphql-response+json', 'application/json'];

/** A browser's GET gets GraphiQL, where it is served. */
export const onlyPost =
  (graphiql: boolean): RequestHandler =>
  (request, response, next) => {
    if (request.method === 'POST') return next();
    const page = request.method === 'GET' && request.accepts([...ANSWERS, 'html']) === 'html';
    if (graphiql && page) return next();
    response.set('Allow', 'POST');
    sendError(response, 405, 'BAD_USER_INPUT', 'Send GraphQL requests with POST.');
  };

export const onlyJson: RequestHandler = (request, response, next) => {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';');
  const charset = parameters.map((text) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(text)?.[1]);
  if (type.trim().toLowerCase() !== 'application/json' || !charset.every(isUtf8)) {
    sendError(response, 415, 'BAD_USER_INPUT', 'The request must be application/json in UTF-8.');
  } else if (!request.accepts(ANSWERS)) {
    sendError(response, 406, 'BAD_USER_INPUT', `Answers are ${ANSWERS.join(' or ')}.`);
  } else next();
};

const isUtf8 = (charset: string | undefined): boolean =>
  charset === undefined || /^utf-?8$/i.test(charset);

/** Compressed requests are refused: a few bytes can expand to any size. */
export function readBody(maxBytes: number): (RequestHandler | ErrorRequestHandler)[] {
  const bodyError: ErrorRequestHandler = (error, _request, response, next) => {
    const { status, type } = error as { status?: number; type?: string };
    if (type === 'entity.too.large') {
      // Do not read the rest of the body.
      response.set('Connection', 'close');
      sendError(response, 413, 'TOO_COMPLEX', `A request has at most ${maxBytes} bytes.`);
    } else if (type === 'encoding.unsupported') {
      sendError(response, 415, 'BAD_USER_INPUT', 'The request must not be compressed.');
    } else if (status === 400) {
      sendError(response, 400, 'BAD_USER_INPUT', 'The request is not JSON.');
    } else next(error);
  };
  return [express.json({ limit: maxBytes, inflate: false, strict: false }), bodyError];
}

/** Keeps query, operationName and variables in `request.body` and removes every other member. */
export const onlyOneOperation: RequestHandler = (request, response, next) => {
  const problem = problemOf(request.body);
  if (problem) return sendError(response, 400, 'BAD_USER_INPUT', problem);
  const { query, operationName, variables } = request.body;
  request.body = { query, operationName, variables };
  next();
};

function problemOf(body: unknown): string | undefined {
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
