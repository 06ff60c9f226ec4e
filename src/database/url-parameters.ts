/**
 * The query parameters of a database URL: which of them each driver understands, and which TLS mode they ask
 * for. Takes decoded parameters, returns those for one driver. TLS must never become weaker than asked for.
 */

type Parameters = ReadonlyMap<string, string>;

/** The modes of libpq, and `no-verify` of node-postgres. */
export const SSL_MODES: readonly string[] = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
];

/** asyncpg uses `ssl`, other drivers `sslmode`. `ssl=true` comes from node-postgres and JDBC. */
export function sslMode(parameters: Parameters): string | undefined {
  const ssl = parameters.get('ssl');
  const meaning = { true: 'require', '1': 'require', false: 'disable', '0': 'disable' };
  return parameters.get('sslmode') ?? meaning[ssl as keyof typeof meaning] ?? ssl;
}

export const isNeon = (host: string): boolean => /\.neon\.(tech|build)$/i.test(host);

/**
 * Without connect_timeout: POOL_WAIT_MS bounds it. Without parameters of other drivers
 * (prepared_statement_cache_size, channel_binding, pgbouncer …): node-postgres takes every name as one of its
 * own settings, and `ssl=require` as a TLS socket.
 */
const NODE_NAMES = ['sslcert', 'sslkey', 'sslrootcert', 'application_name', 'options'];

export function nodeParameters(parameters: Parameters, host: string): Map<string, string> {
  const kept = only(parameters, NODE_NAMES);
  // `system` is the system's list of authorities. node-postgres uses Node's list if no file is given.
  if (kept.get('sslrootcert') === 'system') kept.delete('sslrootcert');
  const mode = nodeMode(sslMode(parameters), host);
  if (mode) kept.set('sslmode', mode);
  return kept;
}

/**
 * node-postgres 8 verifies the server in every mode with TLS, and warns that version 9 will not. verify-full
 * keeps the verification. node-postgres has no fallback for `prefer` and `allow`: here they mean no TLS on this
 * machine, and verified TLS elsewhere. Neon always uses TLS.
 */
function nodeMode(mode: string | undefined, host: string): string | undefined {
  if (isNeon(host) && mode !== 'no-verify') return 'verify-full';
  if (mode === undefined || mode === 'disable' || mode === 'no-verify') return mode;
  if (mode !== 'prefer' && mode !== 'allow') return 'verify-full';
  return /^($|\/|localhost$|127\.|::1$)/.test(host) ? 'disable' : 'verify-full';
}

/** The parameters that libpq knows since PostgreSQL 14. It refuses a URL with any other. */
const LIBPQ_NAMES = [
  'application_name',
  'channel_binding',
  'client_encoding',
  'connect_timeout',
  'fallback_application_name',
  'gssencmode',
  'hostaddr',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'options',
  'passfile',
  'sslcert',
  'sslcrl',
  'sslkey',
  'sslpassword',
  'sslrootcert',
  'sslsni',
  'target_session_attrs',
  'tcp_user_timeout',
];

export function libpqParameters(parameters: Parameters): Map<string, string> {
  const mode = sslMode(parameters);
  const kept = only(parameters, LIBPQ_NAMES);
  // libpq's `require` is encryption without verification.
  if (mode) kept.set('sslmode', mode === 'no-verify' ? 'require' : mode);
  return kept;
}

const only = (parameters: Parameters, names: readonly string[]): Map<string, string> =>
  new Map([...parameters].filter(([name]) => names.includes(name)));
