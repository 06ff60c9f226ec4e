/**
 * Takes a request, stores the identity of its token, or answers 401. Runs before the body is parsed, so a
 * refused request costs one signature check. `authenticate` must never query the database: `ensureAccount`
 * does, after the rate limit has counted the request.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { AccountError } from '../accounts/account-error.ts';
import type { Users } from '../accounts/users.ts';
import { bearerToken } from '../identity/bearer.ts';
import { AuthenticationError, type Identity } from '../identity/identity.ts';
import { KeysUnavailableError } from '../identity/keys.ts';
import { refused } from '../identity/refusals.ts';
import type { Verifier } from '../identity/verifier.ts';
import { sendError, sendUnauthenticated, sendUnavailable } from './answers.ts';

/** Not a property of the request, so that no other code can set an identity. */
const identities = new WeakMap<IncomingMessage, Identity>();

/** For the log: the identity of a request; undefined before authentication. */
export const knownIdentityOf = (request: IncomingMessage): Identity | undefined =>
  identities.get(request);

/** The identity of a request that passed `authenticate`. */
export function identityOf(request: IncomingMessage | undefined): Identity {
  const identity = request && identities.get(request);
  if (!identity) throw new Error('a request reached GraphQL without an identity');
  return identity;
}

/** `explain` gets each refused token, for the terminal of development. */
export function authenticate(
  verify: Verifier,
  explain?: (error: AuthenticationError) => void,
): RequestHandler {
  return async (request, response, next) => {
    try {
      identities.set(request, await verify(bearerToken(authorizationOf(request))));
      next();
    } catch (error) {
      if (error instanceof AuthenticationError) {
        explain?.(error);
        sendUnauthenticated(response, error);
      } else if (error instanceof KeysUnavailableError) {
        // Not 401: the client would discard a token that may be valid.
        response.set('Retry-After', String(error.retryAfterSeconds));
        sendUnavailable(response, 503, 'Tokens cannot be checked at the moment.');
      } else next(error);
    }
  };
}

/** Creates or refreshes the person's row, or answers with the reason why the person cannot have an account. */
export function ensureAccount(users: Users): RequestHandler {
  return async (request, response, next) => {
    try {
      await users.ensure(identityOf(request));
      next();
    } catch (error) {
      if (!(error instanceof AccountError)) return next(error);
      const status = { EMAIL_TAKEN: 409, ACCOUNT_DELETED: 403, BAD_USER_INPUT: 400 }[error.code];
      sendError(response, status, error.code, error.message);
    }
  };
}

/** Node drops all but the first Authorization header, and a proxy may have checked another one: refused. */
function authorizationOf(request: IncomingMessage): string | undefined {
  const all = request.headersDistinct.authorization;
  if (all && all.length > 1) throw refused('HEADERS');
  return request.headers.authorization;
}
