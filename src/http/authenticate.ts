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

export function authenticate(verify: Verifier, users: Users): RequestHandler {
  return async (request, response, next) => {
    try {
      const identity = await verify(bearerToken(authorizationOf(request)));
      await users.ensure(identity);
      identities.set(request, identity);
      next();
    } catch (error) {
      if (error instanceof AuthenticationError) sendUnauthenticated(response, error);
      else if (error instanceof AccountError) {
        const status = { EMAIL_TAKEN: 409, ACCOUNT_DELETED: 403, BAD_USER_INPUT: 400 }[error.code];
        sendError(response, status, error.code, error.message);
      } else if (error instanceof KeysUnavailableError) {
        // Not 401, which tells a client to throw its token away: nothing is known of the token.
        response.set('Retry-After', String(error.retryAfterSeconds));
        sendError(response, 503, 'UNAVAILABLE', 'Tokens can not be checked at the moment.');
      } else next(error);
    }
  };
}

/** Node keeps the first of several and drops the rest; a proxy in front may have looked at another. */
function authorizationOf(request: IncomingMessage): string | undefined {
  const all = request.headersDistinct.authorization;
  if (all && all.length > 1) throw invalid('several Authorization headers');
  return request.headers.authorization;
}
