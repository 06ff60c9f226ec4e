/**
 * Takes a request, finds out whose it is, or answers 401. Runs before anything parses the body: a request
 * that is refused here costs a signature check. Must never ask the database; that is `ensureAccount`,
 * which runs once the request has been counted.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { AccountError } from '../accounts/account-error.ts';
import type { Users } from '../accounts/users.ts';
import { bearerToken } from '../identity/bearer.ts';
import { AuthenticationError, type Identity, invalid } from '../identity/identity.ts';
import { KeysUnavailableError } from '../identity/keys.ts';
import type { Verifier } from '../identity/verifier.ts';
import { sendError, sendUnauthenticated, sendUnavailable } from './answers.ts';

/** Kept beside the request: code that has a request cannot set who sent it. */
const identities = new WeakMap<IncomingMessage, Identity>();

/** For the log: the identity of a request, if it is known. */
export const knownIdentityOf = (request: IncomingMessage): Identity | undefined =>
  identities.get(request);

/** The identity of a request that passed `authenticate`. */
export function identityOf(request: IncomingMessage | undefined): Identity {
  const identity = request && identities.get(request);
  if (!identity) throw new Error('a request reached GraphQL without an identity');
  return identity;
}

export function authenticate(verify: Verifier): RequestHandler {
  return async (request, response, next) => {
    try {
      identities.set(request, await verify(bearerToken(authorizationOf(request))));
      next();
    } catch (error) {
      if (error instanceof AuthenticationError) sendUnauthenticated(response, error);
      else if (error instanceof KeysUnavailableError) {
        // A 401 would tell the client to throw its token away, and the token may be good.
        response.set('Retry-After', String(error.retryAfterSeconds));
        sendUnavailable(response, 503, 'Tokens can not be checked at the moment.');
      } else next(error);
    }
  };
}

/** Creates or refreshes the person's row, or answers why the person can have no account. */
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

/** Node keeps the first of several headers and drops the rest. A proxy in front may have read another. */
function authorizationOf(request: IncomingMessage): string | undefined {
  const all = request.headersDistinct.authorization;
  if (all && all.length > 1) throw invalid('several Authorization headers');
  return request.headers.authorization;
}
