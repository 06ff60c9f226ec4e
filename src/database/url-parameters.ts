/** The query of a database URL: what each driver understands of it, and what TLS it asks for. */

type Parameters = ReadonlyMap<string, string>;

/** libpq's, and node-postgres' own `no-verify`. */
export const SSL_MODES: readonly string[] = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
];

/** asyncpg writes `ssl`, everybody else `sslmode`; `ssl=true` is from node-postgres and JDBC. */
export function sslMode(parameters: Parameters): string | undefined {
  const ssl = parameters.get('ssl');
  const meaning = { true: 'require', '1': 'require', false: 'disable', '0': 'disable' };
  return parameters.get('sslmode') ?? meaning[ssl as keyof typeof meaning] ?? ssl;
}

export const isNeon = (host: string): boolean => /\.neon\.(tech|build)$/i.test(host);

/**
 * connect_timeout is not among them: POOL_WAIT_MS is the server's. Nor is what other drivers keep here
 * (prepared_statement_cache_size, channel_binding, pgbouncer …): node-postgres takes every name for
 * one of its own settings, and `ssl=require` for a TLS socket.
 */
const NODE_NAMES = ['sslcert', 'sslkey', 'sslrootcert', 'application_name', 'options'];

export function nodeParameters(parameters: Parameters, host: string): Map<string, string> {
  const kept = only(parameters, NODE_NAMES);
  // Its own list of authorities is meant, which is what node-postgres uses without a file.
  if (kept.get('sslrootcert') === 'system') kept.delete('sslrootcert');
  const mode = nodeMode(sslMode(parameters), host);
  if (mode) kept.set('sslmode', mode);
  return kept;
}

/**
 * node-postgres 8 verifies the server under every mode that asks for TLS, and warns that version 9 will
 * not; saying verify-full keeps it so. It can not fall back as `prefer` and `allow` may: on this machine
 * that means no TLS, elsewhere TLS. Neon has nothing else.
 */
function nodeMode(mode: string | undefined, host: string): string | undefined {
  if (isNeon(host) && mode !== 'no-verify') return 'verify-full';
  if (mode === undefined || mode === 'disable' || mode === 'no-verify') return mode;
  if (mode !== 'prefer' && mode !== 'allow') return 'verify-full';
  return /^($|\/|localhost$|127\.|::1$)/.test(host) ? 'disable' : 'verify-full';
}

/** Those every libpq since PostgreSQL 14 knows; it refuses a URL with any other in it. */
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
  // Encrypted without asking who is there, which is what libpq calls require.
  if (mode) kept.set('sslmode', mode === 'no-verify' ? 'require' : mode);
  return kept;
}

const only = (parameters: Parameters, names: readonly string[]): Map<string, string> =>
  new Map([...parameters].filter(([name]) => names.includes(name)));
