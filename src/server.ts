/**
 * Puts the rooms together: pool, users, verifier, GraphQL, HTTP. Receives what was configured and hands
 * on a listening server with one way to stop it. Starts no database and reads no environment.
 */
import type { AddressInfo } from 'node:net';
import { Users } from './accounts/users.ts';
import { boundedDispatch, CallerGoneError } from './database/bounds.ts';
import { loadConstraintMessages } from './database/constraints.ts';
import { createPool } from './database/pool.ts';
import { setCaller } from './database/request.ts';
import { type AdaptorName, openDatabase } from './database/service.ts';
import { examineBeforeServing } from './doctor/boot.ts';
import { openApi } from './graphql/api.ts';
import type { ExecutorName } from './graphql/execution/execution.ts';
import { DEFAULT_LIMITS, type Limits } from './graphql/execution/limits.ts';
import type { GraphiqlAccount } from './graphql/graphiql.ts';
import { buildPreset } from './graphql/preset.ts';
import { createApp } from './http/app.ts';
import { identityOf } from './http/authenticate.ts';
import { callerOfResponse } from './http/caller.ts';
import { DEFAULT_MAX_REQUEST_BYTES } from './http/graphql-request.ts';
import { readiness } from './http/health.ts';
import { listen } from './http/listen.ts';
import { metricsPage } from './http/metrics.ts';
import { noteExecuted, type RequestEntry } from './http/observe.ts';
import { rateLimit } from './http/rate-limit.ts';
import { closeServer, createBoundedServer, type SocketLimits } from './http/sockets.ts';
import { openVerifier, type VerifierOptions } from './identity/open.ts';
import { Metrics } from './metrics.ts';
import { refuseDrift } from './migrate/boot-drift.ts';
import { readCommitted } from './migrate/committed.ts';

export interface ServerOptions {
  /** Refuses to serve an unsafe database instead of warning about it. */
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  readonly authenticatorUrl: string;
  /** Holds committed/, which the database is compared with. undefined = migrations/ of this checkout. */
  readonly migrationsFolder?: string;
  readonly identity: VerifierOptions;
  readonly poolSize: number;
  readonly poolWaitMs: number;
  /** Requests that may wait for a connection; undefined: any number. */
  readonly poolQueue?: number;
  /** Statements of one person in flight at the same time; undefined = no limit. */
  readonly maxConcurrent?: number;
  readonly statementTimeoutMs: number;
  readonly adaptor: AdaptorName;
  /** False for a pooler that does not keep them. */
  readonly preparedStatements: boolean;
  readonly executor: ExecutorName;
  readonly shutdownGraceMs: number;
  readonly maxPageSize: number;
  /** What one request may ask for; what is absent has its default. */
  readonly limits?: Partial<Limits>;
  /** Bytes of a request's body. */
  readonly maxRequestBytes?: number;
  /** Requests of one person; 0: any number. */
  readonly requestsPerMinute?: number;
  readonly socketLimits?: SocketLimits;
  readonly corsOrigins?: readonly string[];
  readonly metricsToken?: string | undefined;
  /** Receives each request when it is over. */
  readonly requestEnded?: (entry: RequestEntry) => void;
  /** Whom GraphiQL can ask as; undefined, as in production: no GraphiQL and no introspection. */
  readonly graphiqlAccounts: readonly GraphiqlAccount[] | undefined;
  /** Whether GraphiQL is told of a reload. */
  readonly watch?: boolean;
  readonly log: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Serves the database as it is now; requests in flight end on what they began with. */
  reload(): Promise<void>;
  /** Takes no new requests, lets those in flight end, closes the pool. */
  stop(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log } = options;
  const metrics = new Metrics();
  const pool = createPool({
    connectionString: options.authenticatorUrl,
    size: options.poolSize,
    waitMs: options.poolWaitMs,
    queue: options.poolQueue,
    waited: (ms) => metrics.waited(ms),
    log,
  });
  metrics.watch(pool, options.poolSize);
  try {
    let committed = readCommitted(options.migrationsFolder);
    await refuseDrift(pool, committed, options.production, log);
    await examineBeforeServing(pool, options.production, log);
    let constraints = await loadConstraintMessages(pool);
    const users = new Users(pool, log);
    const rate = rateLimit(options.requestsPerMinute ?? 0);
    const api = await openApi(
      buildPreset({
        database: await openDatabase({
          ...options,
          pool,
          ...(options.maxConcurrent !== undefined && {
            turns: {
              concurrent: options.maxConcurrent,
              queue: options.poolQueue,
              waitMs: options.poolWaitMs,
            },
          }),
          dispatch: boundedDispatch({
            statementTimeoutMs: options.statementTimeoutMs,
            failed: (error) => metrics.databaseFailed(error),
          }),
        }),
        statementTimeoutMs: options.statementTimeoutMs,
        maxPageSize: options.maxPageSize,
        executor: options.executor,
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        graphiqlAccounts: options.graphiqlAccounts,
        watch: options.watch ?? false,
        identityOf: (context) => identityOf(context.expressv4?.req),
        began: (context, pgSettings) => {
          const response = context.expressv4?.res;
          if (response) setCaller(pgSettings, callerOfResponse(response));
        },
        executed: noteExecuted,
        charge: rate.charge,
        accountDeleted: () => users.accountDeleted(),
        errors: {
          constraints: () => constraints,
          log: (errorId, error) => {
            if (error instanceof CallerGoneError) return;
            log(`${errorId} ${error instanceof Error ? error.stack : error}`);
          },
        },
      }),
    );
    const server = createBoundedServer(options.socketLimits);
    const app = await createApp({
      verify: openVerifier(options.identity, log, (cached) => metrics.tokenChecked(cached)),
      users,
      readiness: readiness({
        pool,
        production: options.production,
        committed: () => committed,
        log,
      }),
      metrics: metricsPage({
        registry: metrics.registry,
        token: options.metricsToken,
        production: options.production,
      }),
      requestEnded: (entry) => {
        metrics.requestEnded(entry);
        options.requestEnded?.(entry);
      },
      cors: { origins: options.corsOrigins ?? [], loopback: !options.production },
      graphiql: options.graphiqlAccounts !== undefined,
      maxRequestBytes: options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES,
      rate,
      mountGraphql: (target) => api.mount(target, server),
      log,
    });
    server.on('request', app);
    await listen(server, options.host, options.port);
    const { port } = server.address() as AddressInfo;
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    return {
      url: `http://${host}:${port}`,
      port,
      reload: async () => {
        const renewed = await loadConstraintMessages(pool);
        await api.reload();
        constraints = renewed;
        committed = readCommitted(options.migrationsFolder);
      },
      stop: async () => {
        api.endStreams();
        await closeServer(server, options.shutdownGraceMs);
        await api.release();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
