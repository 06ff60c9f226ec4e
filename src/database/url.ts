/**
 * Parses a database URL as SQLAlchemy, SQLModel, libpq or Neon writes it, and returns the same URL for
 * node-postgres and for libpq (psql). Works on text and opens no connection. No message may contain a
 * password.
 */
import { isNeon, libpqParameters, nodeParameters, SSL_MODES, sslMode } from './url-parameters.ts';

export interface DatabaseUrl {
  /** For node-postgres. */
  node(): string;
  /** For psql and other clients that use libpq. */
  libpq(): string;
  /** The same host without Neon's pooler: migrations need a session of their own. */
  direct(): DatabaseUrl;
  /** The same for another login. */
  as(user: string, password: string): DatabaseUrl;
}

/** Decoded. For '' and undefined the driver's defaults apply. */
export interface UrlParts {
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Problems. Each is printed after the name of the setting. */
const NOT_POSTGRES = 'must begin with postgresql://';
const NOT_ENCODED =
  'is not a URL; in a user name, a password and the query, @ : / ? # % and the like must be percent-encoded (@ is %40)';

/** `+driver` names SQLAlchemy's Python package and is ignored. */
const SHAPE =
  /^postgres(?:ql)?(?:\+[a-z0-9_]+)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#@]*))?(?:\?([^#]*))?$/i;
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[^:[\]]*)(?::([0-9]*))?$/i;

/** A name, an address, a socket's directory, or nothing. */
const HOST = /^([a-z0-9._-]*|[0-9a-f:.]+|\/.*)$/i;

/** Query parameters that replace a part of the URL, as in libpq and SQLAlchemy. */
const PART_NAMES = ['user', 'password', 'host', 'port', 'dbname'];

/** Returns the URL, or the problem as the end of a sentence that starts with the setting's name. */
export function parseDatabaseUrl(text: string): DatabaseUrl | string {
  if (!/^postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(text)) return NOT_POSTGRES;
  const [whole, credentials, authority = '', path = '', query = ''] = SHAPE.exec(text) ?? [];
  // An @ in the query and none before it: an unencoded ? in the password started the query too early.
  if (!whole || (credentials === undefined && query.includes('@'))) return NOT_ENCODED;
  const given = readQuery(query);
  if (!given) return NOT_ENCODED;
  if (authority.includes(',') || given.get('host')?.includes(',')) {
    return 'names several hosts; this server connects to one';
  }
  const [located, host = '', port = ''] = HOST_AND_PORT.exec(authority) ?? [];
  if (located === undefined) return NOT_ENCODED;
  const [user, ...password] = credentials?.split(':') ?? [];
  const parts = {
    user: given.get('user') ?? decode(user),
    password: given.get('password') ?? decode(password.length ? password.join(':') : undefined),
    host: given.get('host') ?? decode(host.replace(/^\[(.*)\]$/, '$1')),
    port: given.get('port') ?? port,
    database: given.get('dbname') ?? decode(path),
    parameters: new Map([...given].filter(([name]) => !PART_NAMES.includes(name))),
  };
  return problemOf(parts) ?? databaseUrl(parts as UrlParts);
}

/** Malformed percent-encoding, for which decodeURIComponent throws. */
const MALFORMED = Symbol('malformed');

function decode(text: string | undefined): string | undefined | typeof MALFORMED {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return MALFORMED;
  }
}

/** `+` stays a plus, as in libpq. The values of a repeated name are joined with commas. */
function readQuery(query: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', ...rest] = pair.split('=');
    const value = decode(rest.join('='));
    if (typeof value !== 'string') return undefined;
    const before = found.get(name);
    found.set(name, before === undefined ? value : `${before},${value}`);
  }
  return found;
}

function problemOf(parts: Record<keyof UrlParts, unknown>): string | undefined {
  const texts = [parts.user, parts.password, parts.host, parts.database];
  if (texts.includes(MALFORMED)) return NOT_ENCODED;
  if (texts.some((text) => String(text).includes('\0'))) return 'contains a NUL character (%00)';
  // node-postgres cannot connect to such a name.
  if (/[?#]/.test(String(parts.database))) return 'has a database name with ? or # in it';
  if (!HOST.test(String(parts.host))) return NOT_ENCODED;
  const port = String(parts.port);
  if (port && !(/^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    return 'has a port that is not a number from 1 to 65535';
  }
  const mode = sslMode(parts.parameters as UrlParts['parameters']);
  if (mode !== undefined && !SSL_MODES.includes(mode)) {
    return `has an sslmode or ssl that is none of ${SSL_MODES.join(', ')}`;
  }
  return undefined;
}

function databaseUrl(parts: UrlParts): DatabaseUrl {
  const { user, password, host, port, database, parameters } = parts;
  const who = user === undefined ? '' : encodeURIComponent(user);
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const credentials = who || secret ? `${who}${secret}@` : '';
  const build = (name: string, query: ReadonlyMap<string, string>, atHost: string): string => {
    const pairs = [...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
    // A URL can hold the directory of a socket only as a parameter.
    if (isSocket(host)) pairs.unshift(`host=${encodeURIComponent(host)}`);
    const at = `${atHost}${port && `:${port}`}`;
    return `postgresql://${credentials}${at}/${name}${pairs.length ? `?${pairs.join('&')}` : ''}`;
  };
  const named = isSocket(host) ? '' : host.includes(':') ? `[${host}]` : host;
  return {
    // node-postgres needs a host beside a user, and decodes a database name with decodeURI.
    node: () => build(encodeURI(database), nodeParameters(parameters, host), named || 'localhost'),
    libpq: () => build(encodeURIComponent(database), libpqParameters(parameters), named),
    direct: () => databaseUrl({ ...parts, host: isNeon(host) ? directHost(host) : host }),
    as: (user, password) => databaseUrl({ ...parts, user, password }),
  };
}

const isSocket = (host: string): boolean => host.startsWith('/');

/** Neon's pooled host is the direct one with `-pooler` after its first label. */
const directHost = (host: string): string => host.replace(/^([^.]+)-pooler\./, '$1.');
