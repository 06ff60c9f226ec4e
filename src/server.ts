/**
 * Wires the modules: pool, accounts, verifier, GraphQL, HTTP. Takes the options, returns a listening server
 * that can be stopped. Must never start a database or read the environment.
 */
import type { AddressInfo } from 'node:net';
import { Users } from './accounts/users.ts';
import { boundedDispatch } from './database/bounds.ts';
import { loadConstraints } from './database/constraints.ts';
import { errorFacts } from './database/error-facts.ts';
import { createPool } from './database/pool.ts';
import { CallerGoneError, setCaller } from './database/request.ts';
import { type AdaptorName, openDatabase } from './database/service.ts';
import type { StatementEnded } from './database/statement-log.ts';
import { Turns } from './database/turns.ts';
import { isLoginRefused } from './database/unavailable.ts';
import { examineBeforeServing } from './doctor/boot.ts';
import { openApi } from './graphql/api.ts';
import type { ExecutorName } from './graphql/execution/execution.ts';
import { DEFAULT_LIMITS, type Limits } from './graphql/execution/limits.ts';
import type { GraphiqlAccount } from './graphql/graphiql.ts';
import { buildPreset } from './graphql/preset.ts';
import { createApp } from './http/app.ts';
import { identityOf } from './http/authenticate.ts';
import { callerOfResponse } from './http/caller.ts';
import { readiness } from './http/health.ts';
import { DEFAULT_MAX_REQUEST_BYTES } from './http/json-body.ts';
import { listen } from './http/listen.ts';
import { metricsPage } from './http/metrics.ts';
import { noteExecuted, type RequestEntry } from './http/observe.ts';
import { openRateLimit } from './http/rate-limit.ts';
import { closeServer, createBoundedServer, type SocketLimits } from './http/sockets.ts';
import { boundUnsent } from './http/unsent.ts';
import { openVerifier, type VerifierOptions } from './identity/open.ts';
import { explainOnce } from './identity/refusals.ts';
import { openStreams } from './live/streams.ts';
import { Versions } from './live/versions.ts';
import { Metrics } from './metrics.ts';
import { refuseDrift } from './migrate/boot-drift.ts';
import { readCommitted } from './migrate/committed.ts';
import { PAGE_ROWS } from './rest/list-query.ts';
import { mountRest } from './rest/rest.ts';

export interface ServerOptions {
  /** Refuses to serve an unsafe database instead of warning about it. */
  readonly production: boolean;
  /** Holds committed/, which the database is compared with. undefined = migrations/ of this checkout. */
  readonly migrationsFolder?: string;
  readonly host: string;
  readonly port: number;
  readonly authenticatorUrl: string;
  readonly identity: VerifierOptions;
  readonly poolSize: number;
  readonly poolWaitMs: number;
  /** Requests that may wait for a connection, or for the turn of one person; undefined = no limit. */
  readonly poolQueue?: number;
  /** Statements of one person that may run at the same time; undefined = no limit. */
  readonly maxConcurrent?: number;
  readonly statementTimeoutMs: number;
  readonly adaptor: AdaptorName;
  /** False for a pooler that does not support prepared statements. */
  readonly preparedStatements: boolean;
  readonly executor: ExecutorName;
  readonly shutdownGraceMs: number;
  readonly maxPageSize: number;
  /** Limits of one request. An absent limit has its default. */
  readonly limits?: Partial<Limits>;
  /** Bytes of a request's body. */
  readonly maxRequestBytes?: number;
  /** Points of one person per minute (graphql/execution/points.ts); 0 = no limit. */
  readonly requestsPerMinute?: number;
  readonly socketLimits?: SocketLimits;
  /** Milliseconds after which a client that takes no byte of its answer is ended. */
  readonly unreadMs?: number;
  /** Milliseconds between two questions for changes, while somebody subscribes. */
  readonly livePollMs?: number;
  /** Subscriptions of one person at a time. */
  readonly maxStreams?: number;
  readonly corsOrigins?: readonly string[];
  readonly metricsToken?: string | undefined;
  /** Whether GraphiQL and its demo tokens are served under any host name. */
  readonly remoteDevelopment?: boolean;
  /** Receives each statement of a request; undefined = nothing is measured. */
  readonly statementEnded?: StatementEnded | undefined;
  /** Receives each request when it is over. */
  readonly requestEnded?: (entry: RequestEntry) => void;
  /** Whether REST is served below /api. */
  readonly rest?: boolean;
  /** The accounts in GraphiQL; undefined = no GraphiQL and no introspection, as in production. */
  readonly graphiqlAccounts: readonly GraphiqlAccount[] | undefined;
  /** Whether GraphiQL is notified of a reload. */
  readonly watch?: boolean;
  readonly log: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Reads the schema again and serves it. Requests in flight end on the old schema. */
  reload(): Promise<void>;
  /** The API as it is served now, in SDL. */
  printApi(): string;
  /** Takes no new requests, lets requests in flight end, closes the pool. */
  stop(): Promise<void>;
}

const DEFAULT_LIVE_POLL_MS = 250;
const DEFAULT_MAX_STREAMS = 10;

const LOGIN_REFUSED =
  'PostgreSQL refuses the login of AUTH_DATABASE_URL (todo_authenticator): its password or its right to log in was changed.';

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log } = options;
  const logHidden = (errorId: string, error: unknown): void => {
    if (error instanceof CallerGoneError) return;
    if (isLoginRefused(error)) log(`${errorId} ${LOGIN_REFUSED}`);
    const facts = errorFacts(error);
    log(`${errorId} ${facts && `${facts}\n`}${error instanceof Error ? error.stack : error}`);
  };
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
    let constraints = await loadConstraints(pool);
    const turnOptions = {
      limit: options.maxConcurrent ?? Number.POSITIVE_INFINITY,
      queue: options.poolQueue ?? Number.POSITIVE_INFINITY,
      waitMs: options.poolWaitMs,
    };
    const turns = new Turns(turnOptions);
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const users = new Users(pool, log, { turns });
    const rateLimit = openRateLimit(options.requestsPerMinute ?? 0);
    const versions = new Versions({
      pool,
      pollMs: options.livePollMs ?? DEFAULT_LIVE_POLL_MS,
      polled: (ms) => metrics.polled(ms),
      log,
    });
    const api = await openApi(
      buildPreset({
        database: await openDatabase({
          ...options,
          pool,
          turns,
          dispatch: boundedDispatch({
            statementTimeoutMs: options.statementTimeoutMs,
            maxAnswerBytes: limits.maxAnswerBytes,
            failed: (error) => metrics.databaseFailed(error),
          }),
        }),
        statementTimeoutMs: options.statementTimeoutMs,
        maxPageSize: options.maxPageSize,
        executor: options.executor,
        limits,
        graphiqlAccounts: options.graphiqlAccounts,
        watch: options.watch ?? false,
        say: log,
        identityOf: (context) => identityOf(context.expressv4?.req),
        began: (context, pgSettings) => {
          const response = context.expressv4?.res;
          if (response) setCaller(pgSettings, callerOfResponse(response));
        },
        executed: (request, what) => {
          noteExecuted(request, what);
          // The person's other windows need not wait for the next question.
          if (what.kind === 'mutation') versions.wake(identityOf(request).userId);
        },
        charge: rateLimit.charge,
        answered: rateLimit.answered,
        accountDeleted: () => users.accountDeleted(),
        errors: {
          constraints: () => constraints,
          log: logHidden,
        },
      }),
      rateLimit.answered,
      limits.maxTokens,
    );
    const streams = openStreams({
      api: () => api,
      versions,
      maxStreams: options.maxStreams ?? DEFAULT_MAX_STREAMS,
      unreadMs: options.unreadMs,
      opened: (change) => metrics.streamed(change),
      sent: (events) => metrics.sentEvents(events),
    });
    const server = createBoundedServer(options.socketLimits);
    const app = await createApp({
      verify: openVerifier(options.identity, log, (cached) => metrics.tokenChecked(cached)),
      explainRefusal: options.production ? undefined : explainOnce(log),
      users,
      readiness: readiness({
        pool,
        production: options.production,
        token: options.metricsToken,
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
      printApi: () => api.print(),
      introspect: (request) => api.introspect(request),
      maxRequestBytes: options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES,
      limitRate: rateLimit.handler,
      streams: streams.handler,
      limitUnsent: boundUnsent(new Turns(turnOptions), options.unreadMs),
      anyHost: options.remoteDevelopment ?? false,
      mountRest:
        options.rest === false
          ? undefined
          : (target, guards) =>
              mountRest(target, guards, {
                api,
                answered: rateLimit.answered,
                most: Math.min(PAGE_ROWS, limits.maxRows),
                constraints: () => constraints,
                accounts: options.graphiqlAccounts,
              }),
      mountGraphql: (target) => api.mount(target, server),
      logHidden,
    });
    server.on('request', app);
    await listen(server, options.host, options.port);
    const { port } = server.address() as AddressInfo;
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    return {
      url: `http://${host}:${port}`,
      port,
      reload: async () => {
        const renewed = await loadConstraints(pool);
        await api.reload();
        constraints = renewed;
        streams.end();
        committed = readCommitted(options.migrationsFolder);
      },
      printApi: () => api.print(),
      stop: async () => {
        api.endStreams();
        streams.end();
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
