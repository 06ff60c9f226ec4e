/**
 * The only reader of process.env. Turns settings into one frozen Config or reports every problem at once.
 * It opens nothing and connects to nothing, and never puts a secret's value into a message.
 */
import { existsSync } from 'node:fs';
import { type DatabaseConfig, readDatabase } from './config/database.ts';
import { type IdentityConfig, readIdentity, readUserIdClaim } from './config/identity.ts';
import { readOrigins } from './config/origins.ts';
import { type Environment, readSettings } from './config/read.ts';
import { OperatorError } from './errors.ts';
import { DEFAULT_LIMITS, type Limits } from './graphql/execution/limits.ts';
import type { LogLevel } from './log.ts';

export type { DatabaseConfig } from './config/database.ts';
export type { IdentityConfig } from './config/identity.ts';
export type { Environment } from './config/read.ts';

/** Hosts that only this machine can reach. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

export interface Config {
  readonly production: boolean;
  readonly host: string;
  /** Development may listen beyond this machine, and GraphiQL answers under any host name. */
  readonly remoteDevelopment: boolean;
  readonly port: number;
  /** Undefined: the embedded PostgreSQL. */
  readonly database: DatabaseConfig | undefined;
  /** graphile-migrate's shadow and root databases, for a database of the user's own. */
  readonly shadowUrl: string | undefined;
  readonly rootUrl: string | undefined;
  readonly dataDirectory: string;
  readonly embeddedPort: number | undefined;
  /** Undefined: the embedded server's development key. */
  readonly identity: IdentityConfig | undefined;
  readonly userIdClaim: string;
  /** Seconds. */
  readonly maxTokenAge: number;
  readonly poolSize: number;
  /** Statements of one person at the same time; less than poolSize, so that a connection is left for others. */
  readonly maxConcurrent: number;
  readonly poolWaitMs: number;
  /** Requests that may wait for a connection at the same time. */
  readonly poolQueue: number;
  readonly statementTimeoutMs: number;
  readonly adaptor: 'one-round-trip' | 'stock';
  readonly preparedStatements: boolean;
  readonly executor: 'compiled' | 'grafast';
  readonly shutdownGraceMs: number;
  readonly logLevel: LogLevel;
  /** Undefined: /metrics answers anybody, and in production nobody. */
  readonly metricsToken: string | undefined;
  readonly corsOrigins: readonly string[];
  readonly maxPageSize: number;
  readonly limits: Limits;
  readonly maxRequestBytes: number;
  /** Per person; 0: any number. */
  readonly requestsPerMinute: number;
}

/** For admin commands: as loadConfig, but nobody's tokens are checked, so nobody has to say whose. */
export const loadAdminConfig = (env: Environment = ownEnvironment()): Config =>
  loadConfig(env, { serving: false });

/** Without an argument: the process's own environment, and what a file .env adds to it. */
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
      'HOST lets other machines in, and development gives its demo tokens to all of them: set NODE_ENV=production, or ALLOW_REMOTE_DEVELOPMENT=on if you trust the network.',
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
    poolSize,
    poolWaitMs: integer('POOL_WAIT_MS', 5000, 1, 600_000),
    maxConcurrent: Math.min(integer('MAX_CONCURRENT', 4, 1, 1000), Math.max(1, poolSize - 1)),
    poolQueue: integer('POOL_QUEUE', 200, 0, 100_000),
    statementTimeoutMs: integer('STATEMENT_TIMEOUT_MS', 10_000, 1, 3_600_000),
    adaptor: choice('DATABASE_ADAPTOR', ['one-round-trip', 'stock']),
    preparedStatements: choice('PREPARED_STATEMENTS', ['on', 'off']) === 'on',
    executor: choice('GRAPHQL_EXECUTOR', ['compiled', 'grafast']),
    shutdownGraceMs: integer('SHUTDOWN_GRACE_MS', 10_000, 0, 600_000),
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
  // Variables that are set win over the file.
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

export interface DoctorConfig {
  /** Undefined: the embedded PostgreSQL. */
  readonly url: string | undefined;
  readonly dataDirectory: string;
  readonly embeddedPort: number | undefined;
}

/** For a command that looks at a database: none of the server's own settings are asked for. */
export function loadDoctorConfig(env: Environment = ownEnvironment()): DoctorConfig {
  const url = env.DATABASE_URL?.trim() || env.AUTH_DATABASE_URL?.trim() || undefined;
  // Without a database set, the settings of the embedded one are checked as at every start.
  const { dataDirectory, embeddedPort } = loadConfig(url ? {} : env);
  return { url, dataDirectory, embeddedPort };
}

/** Where graphile-migrate has just been, for the commands it runs; it hides DATABASE_URL from them. */
export const migratedUrl = (env: Environment = process.env): string | undefined => env.GM_DBURL;

/**
 * PostGraphile takes any NODE_ENV but production for its own development, which is much slower and has
 * nothing to do with ours; and its stock adaptor learns only here that it must prepare nothing. Must run
 * before the first import of it.
 */
export function configureGraphile(config: Config): void {
  process.env.GRAPHILE_ENV = 'production';
  if (!config.preparedStatements) process.env.DATAPLAN_PG_PREPARED_STATEMENT_CACHE_SIZE = '0';
}

/** Our own environment, for a program that we start for the user: psql, graphile-migrate. */
export const childEnvironment = (): Environment => process.env;
