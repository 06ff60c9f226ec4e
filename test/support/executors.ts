/** A server with one executor or the other, and what it said to the database. */
import type { ServerOptions } from '../../src/server.ts';
import { type CountingProxy, useCountingProxy } from './counting-proxy.ts';
import type { TestDatabase } from './database.ts';
import { type Answer, type TestServer, useTestServer } from './server.ts';

export interface Told {
  readonly status: number;
  /** The answer as it was sent, but for the ids of errors that were hidden. */
  readonly body: string;
  readonly roundTrips: number;
  readonly statements: readonly string[];
}

export interface Executor {
  readonly server: TestServer;
  tell(who: number, query: string, variables?: object): Promise<Told>;
}

/** Call at the top of a test file. */
export function useExecutor(
  database: TestDatabase,
  executor: ServerOptions['executor'],
  change: Partial<ServerOptions> = {},
): Executor {
  const proxy = useCountingProxy(database.urls.authenticator);
  const server = useTestServer(database, {
    ...change,
    executor,
    get authenticatorUrl() {
      return proxy.url(database.urls.authenticator);
    },
  });
  return {
    server,
    tell: (who, query, variables) => listen(proxy, () => server.ask(who, query, variables)),
  };
}

async function listen(proxy: CountingProxy, ask: () => Promise<Answer>): Promise<Told> {
  let answer: Answer | undefined;
  const { bound, roundTrips } = await proxy.during(async () => {
    answer = await ask();
  });
  const { status, body } = answer as Answer;
  // The account of a token that is new is a matter of its own, and not of the executor's.
  const accounts = bound.filter(({ text }) => text.includes('ensure_user')).length;
  const statements = bound
    .filter(({ text }) => !/ensure_user|^select set_config/.test(text))
    .map(({ text, values }) => `${text} ${JSON.stringify(values)}`)
    .sort();
  return {
    status,
    body: withoutIds(JSON.stringify(body)),
    roundTrips: roundTrips - accounts,
    statements,
  };
}

const withoutIds = (body: string): string =>
  body
    .replace(/"errorId":"[^"]*"/g, '"errorId":"…"')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…');
