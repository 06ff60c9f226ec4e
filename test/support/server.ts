/** A real server on a free port, over a test database, with tokens for anybody. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { type IssuerOptions, signToken } from '../../src/identity/issuer.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server.ts';
import type { TestDatabase } from './database.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
  readonly body: any;
}

export interface TestServer {
  readonly url: string;
  /** Lines the server logged. */
  readonly log: string[];
  /** Who the server trusts unless told otherwise, for tokens made by hand (tokens.ts). */
  readonly issuer: IssuerOptions;
  token(userId: number, email?: string): Promise<string>;
  /** Serves the database as it is now. */
  reload(): Promise<void>;
  /** POSTs a GraphQL operation as a person, or with a ready-made Authorization header, or with none. */
  ask(who: number | string | null, query: string, variables?: object): Promise<Answer>;
}

export const emailOf = (userId: number): string => `user${userId}@example.com`;

/**
 * What a test server is started with unless a test says otherwise. The two variables run a test file on the
 * library's own way, while a new version of the library is tried (docs/upgrading.md).
 */
export function testServerOptions(database: TestDatabase, issuer: IssuerOptions): ServerOptions {
  return {
    production: false,
    host: '127.0.0.1',
    port: 0,
    authenticatorUrl: database.urls.authenticator,
    migrationsFolder: database.migrationsFolder,
    identity: { ...issuer, key: issuer.secret, algorithms: ['HS256'], maxAge: 3600 },
    poolSize: 5,
    poolWaitMs: 5000,
    statementTimeoutMs: 5000,
    adaptor: process.env.DATABASE_ADAPTOR === 'stock' ? 'stock' : 'one-round-trip',
    preparedStatements: true,
    executor: process.env.GRAPHQL_EXECUTOR === 'grafast' ? 'grafast' : 'compiled',
    shutdownGraceMs: 1000,
    maxPageSize: 200,
    graphiqlAccounts: [],
    log: () => {},
  };
}

/** An issuer of our own, with a new secret each time. */
export const testIssuer = (): IssuerOptions => ({
  secret: randomBytes(32),
  issuer: 'https://issuer.test',
  audience: 'rowguard-test',
  userIdClaim: 'user_id',
});

export function useTestServer(
  database: TestDatabase,
  change: Partial<ServerOptions> = {},
): TestServer {
  const log: string[] = [];
  const issuer = testIssuer();
  let server: RunningServer | undefined;
  const running = (): RunningServer => {
    if (!server) throw new Error('the server is started in beforeAll');
    return server;
  };
  beforeAll(async () => {
    server = await startServer({
      ...testServerOptions(database, issuer),
      log: (line) => log.push(line),
      ...change,
    });
  });
  afterAll(() => server?.stop());

  const token = (userId: number, email = emailOf(userId)) =>
    signToken(issuer, { userId, email }, 600);
  return {
    get url() {
      return running().url;
    },
    log,
    issuer,
    token,
    reload: () => running().reload(),
    async ask(who, query, variables) {
      const authorization = typeof who === 'number' ? `Bearer ${await token(who)}` : who;
      const response = await fetch(`${running().url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}
