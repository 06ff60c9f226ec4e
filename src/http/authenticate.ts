/**
 * Request → Identity, or an answer. Runs before anything parses the body: a request that is refused here
 * has cost a signature check and no database connection.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { AccountError } from '../accounts/account-error.ts';
import type { Users } from '../accounts/users.ts';
import { bearerToken } from '../identity/bearer.ts';
import { AuthenticationError, type Identity, invalid } from '../identity/identity.ts';
import { KeysUnavailableError } from '../identity/keys.ts';
import type { Verifier } from '../identity/verifier.ts';
import { sendError, sendUnauthenticated } from './answers.ts';

/** Beside the request, not on it: nothing that reads a request can set who sent it. */
const identities = new WeakMap<IncomingMessage, Identity>();

/** For the log: whose request it was, if that was found out. */
export const knownIdentityOf = (request: IncomingMessage): Identity | undefined =>
  identities.get(request);

/** The identity of a request that passed `authenticate`. */
export function identityOf(request: IncomingMessage | undefined): Identity {
  const identity = request && identities.get(request);
  if (!identity) throw new Error('a request reached GraphQL without an identity');
  return identity;
}

/** Verifies the token. Asks no database. */
export function authenticate(verify: Verifier): RequestHandler {
  return async (request, response, next) => {
    try {
      identities.set(request, await verify(bearerToken(authorizationOf(request))));
      next();
    } catch (error) {
      if (error instanceof AuthenticationError) sendUnauthenticated(response, error);
      else if (error instanceof KeysUnavailableError) {
        // Not 401: a client that gets 401 throws its token away, and this token may be good.
        response.set('Retry-After', String(error.retryAfterSeconds));
        sendError(response, 503, 'UNAVAILABLE', 'Tokens can not be checked at the moment.');
      } else next(error);
    }
  };
}

const STATUS = { EMAIL_TAKEN: 409, ACCOUNT_DELETED: 403, BAD_USER_INPUT: 400 } as const;

/** Makes sure that the person has an account. Runs behind `authenticate`. */
export function withAccount(users: Users): RequestHandler {
  return async (request, response, next) => {
    try {
      await users.ensure(identityOf(request));
      next();
    } catch (error) {
      if (!(error instanceof AccountError)) return next(error);
      sendError(response, STATUS[error.code], error.code, error.message);
    }
  };
}

/** Node keeps the first of several and drops the rest; a proxy in front may have looked at another. */
function authorizationOf(request: IncomingMessage): string | undefined {
  const all = request.headersDistinct.authorization;
  if (all && all.length > 1) throw invalid('several Authorization headers');
  return request.headers.authorization;
}
