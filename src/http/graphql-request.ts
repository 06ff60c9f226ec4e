/**
 * HTTP request → one GraphQL operation in `request.body`, or an answer that says what is wrong with the
 * request. https://graphql.github.io/graphql-over-http/draft/ is the rule; the only method is POST and
 * the only media type JSON, which no HTML form of another site can send.
 */
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { sendError } from './answers.ts';

export const DEFAULT_MAX_REQUEST_BYTES = 100_000;

const ANSWERS = ['application/graphql-response+json', 'application/json'];

/** GET belongs to GraphiQL, where there is one and a browser asks. */
export const onlyPost =
  (graphiql: boolean): RequestHandler =>
  (request, response, next) => {
    if (request.method === 'POST') return next();
    const page = request.method === 'GET' && request.accepts([...ANSWERS, 'html']) === 'html';
    if (graphiql && page) return next();
    response.set('Allow', 'POST');
    sendError(response, 405, 'BAD_USER_INPUT', 'The API is asked with POST.');
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

/** Compressed requests are refused: a few bytes of them can be any number. */
export function readBody(maxBytes: number): (RequestHandler | ErrorRequestHandler)[] {
  const explain: ErrorRequestHandler = (error, _request, response, next) => {
    const { status, type } = error as { status?: number; type?: string };
    if (type === 'entity.too.large') {
      // The rest of it is not waited for.
      response.set('Connection', 'close');
      sendError(response, 413, 'TOO_COMPLEX', `A request has at most ${maxBytes} bytes.`);
    } else if (type === 'encoding.unsupported') {
      sendError(response, 415, 'BAD_USER_INPUT', 'The request must not be compressed.');
    } else if (status === 400) {
      sendError(response, 400, 'BAD_USER_INPUT', 'The request is not JSON.');
    } else next(error);
  };
  return [express.json({ limit: maxBytes, inflate: false, strict: false }), explain];
}

/** Hands on the three members that GraphQL over HTTP has, and whatever else was sent not at all. */
export const onlyOneOperation: RequestHandler = (request, response, next) => {
  const problem = problemOf(request.body);
  if (problem) return sendError(response, 400, 'BAD_USER_INPUT', problem);
  const { query, operationName, variables } = request.body;
  request.body = { query, operationName, variables };
  next();
};

function problemOf(body: unknown): string | undefined {
  if (Array.isArray(body)) return 'One request holds one operation, not a list of them.';
  if (!isObject(body)) return 'The request must be a JSON object.';
  const { query, operationName, variables, extensions } = body;
  if (typeof query !== 'string') return 'query must be a text.';
  if (operationName != null && typeof operationName !== 'string') {
    return 'operationName must be a text.';
  }
  if (variables != null && !isObject(variables)) return 'variables must be an object.';
  if (extensions != null && !isObject(extensions)) return 'extensions must be an object.';
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
