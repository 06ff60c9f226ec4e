/**
 * The GraphQL client of one signed-in person. A new person gets a new client, so nothing in its cache is
 * ever shown to somebody else.
 */
import { authExchange } from '@urql/exchange-auth';
import { retryExchange } from '@urql/exchange-retry';
import { Client, fetchExchange } from 'urql';
import { fetchToken, type Token } from './auth';
import { cache } from './cache';
import { has, isWorthRetrying } from './errors';

/** `ended`: called when the session or the account is gone. */
export function createClient(userId: string, ended: () => void): Client {
  const authentication = authExchange(async ({ appendHeaders }) => {
    let token: Token | undefined;
    const refresh = async () => {
      try {
        token = await fetchToken(userId);
        if (!token) ended();
      } catch {
        token = undefined; // The request is then answered with UNAUTHENTICATED.
      }
    };
    await refresh();
    return {
      addAuthToOperation: (operation) =>
        token ? appendHeaders(operation, { authorization: `Bearer ${token.value}` }) : operation,
      // The exchange holds all requests back meanwhile, so one token is fetched at a time.
      willAuthError: () => !token || performance.now() >= token.refreshAt,
      didAuthError: (error) => has(error, 'UNAUTHENTICATED'),
      refreshAuth: refresh,
    };
  });
  return new Client({
    url: '/graphql',
    preferGetMethod: false, // The API accepts POST only.
    exchanges: [
      cache(),
      // Live updates belong here: a subscriptionExchange whose events go through the updates of cache.ts.
      retryExchange({ maxNumberAttempts: 4, initialDelayMs: 500, retryIf: isWorthRetrying }),
      authentication,
      fetchExchange,
    ],
  });
}
