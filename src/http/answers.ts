/**
 * Answers outside GraphQL. Takes a status, a code and a message, sends them in the form of a GraphQL error so
 * that clients need one parser; below /api as a problem (RFC 9457). Must never say why a token was refused.
 */
import { STATUS_CODES } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { type ErrorCode, RETRY_AFTER } from '../graphql/client-error.ts';
import type { AuthenticationError } from '../identity/identity.ts';
import { noteOutcome, noteRefusal } from './observe.ts';

/** Answers of REST. */
const problems = new WeakSet<Response>();

export const answerWithProblems: RequestHandler = (_request, response, next) => {
  problems.add(response);
  next();
};

export function sendError(
  response: Response,
  status: number,
  code: ErrorCode,
  message: string,
  extensions: Readonly<Record<string, unknown>> = {},
): void {
  noteOutcome(response, code);
  if (!problems.has(response)) {
    response.status(status).json({ errors: [{ message, extensions: { code, ...extensions } }] });
    return;
  }
  // Without a type the status says what kind of problem it is: RFC 9457, section 4.2.1.
  const problem = { title: STATUS_CODES[status], status, detail: message, code, ...extensions };
  response.status(status).set('Content-Type', PROBLEM_TYPE).end(JSON.stringify(problem));
}

export const PROBLEM_TYPE = 'application/problem+json';

/** UNAVAILABLE, with a default Retry-After unless the caller has set one. */
export function sendUnavailable(
  response: Response,
  status: 429 | 503,
  message: string,
  extensions: Readonly<Record<string, unknown>> = {},
): void {
  if (!response.hasHeader('Retry-After')) response.set('Retry-After', RETRY_AFTER);
  sendError(response, status, 'UNAVAILABLE', message, extensions);
}

/**
 * RFC 6750, section 3: a request without a token gets the challenge `Bearer` alone. Every invalid token gets
 * the same answer: a reason would help an attacker who tries tokens.
 */
export function sendUnauthenticated(response: Response, error: AuthenticationError): void {
  noteRefusal(response, error.reason);
  if (error.kind === 'missing') {
    response.set('WWW-Authenticate', 'Bearer');
    sendError(response, 401, 'UNAUTHENTICATED', 'Send a token: Authorization: Bearer <token>.');
  } else {
    response.set('WWW-Authenticate', 'Bearer error="invalid_token"');
    sendError(response, 401, 'UNAUTHENTICATED', 'The token is not valid.');
  }
}
