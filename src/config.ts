/**
 * The only reader of process.env. Takes the environment and the file .env, returns one frozen Config, or
 * throws an OperatorError that lists every invalid setting. Must never connect to anything, and never put
 * the value of a secret into a message.
 */
import { existsSync } from 'node:fs';
import { type DatabaseConfig, readDatabase } from './config/database.ts';
import { type IdentityConfig, readIdentity, readUserIdClaim } from './config/identity.ts';
import { readOrigins } from './config/origins.ts';
import { type Environment, readSettings } from './config/read.ts';
import { OperatorError } from './errors.ts';
import { DEFAULT_LIMITS, type Limits } from './graphql/execution/limits.ts';
import { CLOCK_TOLERANCE } from './identity/verifier.ts';
import type { LogLevel } from './log.ts';

export type { DatabaseConfig } from './config/database.ts';
export type { IdentityConfig } from './config/identity.ts';
export type { Environment } from './config/read.ts';

/** More than the 60 s of common proxies, so that the proxy closes first. */
const DEFAULT_KEEP_ALIVE_MS = 65_000;

/** Hosts that only this machine can reach. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

export interface Config {
  readonly production: boolean;
  readonly host: string;
  /** Outside production: HOST may be another address than loopback, and GraphiQL accepts any Host header. */
  readonly remoteDevelopment: boolean;
  readonly port: number;
  /** undefined = the embedded PostgreSQL. */
  readonly database: DatabaseConfig | undefined;
  /** graphile-migrate's shadow and root databases; the embedded PostgreSQL has its own. */
  readonly shadowUrl: string | undefined;
  readonly rootUrl: string | undefined;
  readonly dataDirectory: string;
  readonly embeddedPort: number | undefined;
  /** undefined = the development key of the embedded PostgreSQL. */
  readonly identity: IdentityConfig | undefined;
  readonly userIdClaim: string;
  /** Seconds. */
  readonly maxTokenAge: number;
  /** Seconds that the clocks of the issuer and of this machine may differ. */
  readonly clockTolerance: number;
  /** The typ in the header of every token; undefined = any, or none. */
  readonly tokenType: string | undefined;
  readonly poolSize: number;
  /** Statements of one person at a time. Less than poolSize, so that other people get a connection. */
  readonly maxConcurrent: number;
  readonly poolWaitMs: number;
  /** Requests that may wait for a connection at the same time. */
  readonly poolQueue: number;
  readonly statementTimeoutMs: number;
  readonly adaptor: 'one-round-trip' | 'stock';
  readonly preparedStatements: boolean;
  readonly executor: 'compiled' | 'grafast';
  /** Whether REST is served below /api. */
  readonly rest: boolean;
  readonly shutdownGraceMs: number;
  /** Milliseconds that a connection may stay open between two requests. */
  readonly livePollMs: number;
  readonly maxStreams: number;
  readonly keepAliveMs: number;
  readonly logLevel: LogLevel;
  /** undefined = /metrics is open in development and absent in production. */
  readonly metricsToken: string | undefined;
  readonly corsOrigins: readonly string[];
  readonly maxPageSize: number;
  readonly limits: Limits;
  readonly maxRequestBytes: number;
  /** Points of one person per minute; 0 = no limit. */
  readonly requestsPerMinute: number;
}

/** For admin commands. They check no tokens, so the JWT settings are not required. */
export const loadAdminConfig = (env: Environment = ownEnvironment()): Config =>
  loadConfig(env, { serving: false });

/** Default of `env`: process.env with the file .env. Throws an OperatorError that lists all problems. */
export function loadConfig(
  env: Environment = ownEnvironment(),
  { serving } = { serving: true },
): Config {
  const settings = readSettings(env);
  const { text, integer, choice, problems } = settings;
  const production = text('NODE_ENV') === 'production';
  const database = readDatabase(settings);
  if (production && !database) {
    settings.problem('NODE_ENV=production has no embedded database: set AUTH_DATABASE_URL.');
  }
  const identity = readIdentity(settings, {
    production,
    required: serving && (production || database !== undefined),
  });
  const poolSize = integer('POOL_SIZE', 10, 1, 1000);
  const host = text('HOST') ?? '127.0.0.1';
  const remoteDevelopment = choice('ALLOW_REMOTE_DEVELOPMENT', ['off', 'on']) === 'on';
  if (serving && !production && !remoteDevelopment && !LOOPBACK.test(host)) {
    settings.problem(
      'HOST can be reached from other machines, and development shows its demo tokens to every visitor: set NODE_ENV=production, or ALLOW_REMOTE_DEVELOPMENT=on if you trust the network.',
    );
  }
  const config: Config = {
    production,
    host,
    remoteDevelopment,
    port: integer('PORT', 5678, 0, 65_535),
    database,
    shadowUrl: text('SHADOW_DATABASE_URL'),
    rootUrl: text('ROOT_DATABASE_URL'),
    dataDirectory: text('DATA_DIR') ?? '.data',
    embeddedPort: integer('EMBEDDED_PORT', 0, 1, 65_535) || undefined,
    identity,
    userIdClaim: readUserIdClaim(settings),
    maxTokenAge: integer('JWT_MAX_AGE', 24 * 3600, 1, 366 * 24 * 3600),
    clockTolerance: integer('JWT_CLOCK_TOLERANCE', CLOCK_TOLERANCE, 0, 600),
    tokenType: text('JWT_TYP'),
    poolSize,
    poolWaitMs: integer('POOL_WAIT_MS', 5000, 1, 600_000),
    maxConcurrent: Math.min(integer('MAX_CONCURRENT', 4, 1, 1000), Math.max(1, poolSize - 1)),
    poolQueue: integer('POOL_QUEUE', 200, 0, 100_000),
    statementTimeoutMs: integer('STATEMENT_TIMEOUT_MS', 10_000, 1, 3_600_000),
    adaptor: choice('DATABASE_ADAPTOR', ['one-round-trip', 'stock']),
    preparedStatements: choice('PREPARED_STATEMENTS', ['on', 'off']) === 'on',
    executor: choice('GRAPHQL_EXECUTOR', ['compiled', 'grafast']),
    rest: choice('REST', ['on', 'off']) === 'on',
    shutdownGraceMs: integer('SHUTDOWN_GRACE_MS', 10_000, 0, 600_000),
    livePollMs: integer('LIVE_POLL_MS', 250, 10, 60_000),
    maxStreams: integer('MAX_STREAMS', 10, 1, 10_000),
    keepAliveMs: integer('KEEP_ALIVE_MS', DEFAULT_KEEP_ALIVE_MS, 1, 3_600_000),
    logLevel: choice('LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent']),
    metricsToken: settings.raw('METRICS_TOKEN'),
    corsOrigins: readOrigins(settings),
    maxPageSize: integer('MAX_PAGE_SIZE', 200, 1, 10_000),
    limits: {
      maxDepth: integer('MAX_DEPTH', DEFAULT_LIMITS.maxDepth, 1, 1000),
      maxAliases: integer('MAX_ALIASES', DEFAULT_LIMITS.maxAliases, 0, 10_000),
      maxDirectives: integer('MAX_DIRECTIVES', DEFAULT_LIMITS.maxDirectives, 0, 10_000),
      maxTokens: integer('MAX_TOKENS', DEFAULT_LIMITS.maxTokens, 1, 100_000),
      maxSelections: integer('MAX_SELECTIONS', DEFAULT_LIMITS.maxSelections, 1, 100_000),
      maxRows: integer('MAX_ROWS', DEFAULT_LIMITS.maxRows, 1, 10_000_000),
      maxListItems: integer('MAX_LIST_ITEMS', DEFAULT_LIMITS.maxListItems, 1, 100_000),
      maxAnswerBytes: integer(
        'MAX_ANSWER_BYTES',
        DEFAULT_LIMITS.maxAnswerBytes,
        10_000,
        100_000_000,
      ),
    },
    maxRequestBytes: integer('MAX_REQUEST_BYTES', 100_000, 1000, 10_000_000),
    requestsPerMinute: integer('RATE_LIMIT_PER_MINUTE', 600, 0, 1_000_000),
  };
  if (problems.length > 0) {
    throw new OperatorError(
      `The settings have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
      'correct them in the environment or in .env; docs/settings.md lists every setting.',
    );
  }
  return Object.freeze(config);
}

function ownEnvironment(): Environment {
  // loadEnvFile keeps variables that are set already.
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** The rules for tokens that do not depend on who signs them. */
export const tokenRules = (
  config: Pick<Config, 'userIdClaim' | 'maxTokenAge' | 'clockTolerance' | 'tokenType'>,
) => ({
  userIdClaim: config.userIdClaim,
  maxAge: config.maxTokenAge,
  clockTolerance: config.clockTolerance,
  typ: config.tokenType,
});

export interface DoctorConfig {
  /** undefined = the embedded PostgreSQL. */
  readonly url: string | undefined;
  readonly dataDirectory: string;
  readonly embeddedPort: number | undefined;
}

/** For a command that only examines a database. The server's settings are not required. */
export function loadDoctorConfig(env: Environment = ownEnvironment()): DoctorConfig {
  const url = env.DATABASE_URL?.trim() || env.AUTH_DATABASE_URL?.trim() || undefined;
  // Without a URL, the settings of the embedded PostgreSQL are checked as at every start.
  const { dataDirectory, embeddedPort } = loadConfig(url ? {} : env);
  return { url, dataDirectory, embeddedPort };
}

/** The database of a command that graphile-migrate runs. It hides DATABASE_URL from its commands. */
export const migratedUrl = (env: Environment = process.env): string | undefined => env.GM_DBURL;

/**
 * Sets the two variables that PostGraphile reads at import, so it must run before that import.
 * GRAPHILE_ENV: PostGraphile's development mode is much slower, and this server's NODE_ENV must not switch
 * it on. Cache size 0: the stock adaptor prepares no statements.
 */
export function configureGraphile(config: Config): void {
  process.env.GRAPHILE_ENV = 'production';
  if (!config.preparedStatements) process.env.DATAPLAN_PG_PREPARED_STATEMENT_CACHE_SIZE = '0';
}

/** The environment of a program that a command starts: psql, graphile-migrate. */
export const childEnvironment = (): Environment => process.env;
