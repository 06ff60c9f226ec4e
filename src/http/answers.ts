/**
 * Answers outside GraphQL. Takes a status, a code and a message, sends them in the form of a GraphQL error so
 * that clients need one parser. Must never say why a token was refused.
 */
import type { Response } from 'express';
import { type ErrorCode, RETRY_AFTER } from '../graphql/client-error.ts';
import type { AuthenticationError } from '../identity/identity.ts';
import { noteOutcome, noteRefusal } from './observe.ts';

export function sendError(
  response: Response,
  status: number,
  code: ErrorCode,
  message: string,
  extensions: Readonly<Record<string, unknown>> = {},
): void {
  noteOutcome(response, code);
  response.status(status).json({ errors: [{ message, extensions: { code, ...extensions } }] });
}

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
