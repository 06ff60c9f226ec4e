/** Every form of a database URL that people have, as node-postgres and psql must see it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { describeUrl } from '../../src/database/connection-error.ts';
import { type DatabaseUrl, parseDatabaseUrl } from '../../src/database/url.ts';
import { waitForDatabase } from '../../src/database/wait.ts';
import { useTestDatabase } from '../support/database.ts';

const database = useTestDatabase();

const parse = (text: string): DatabaseUrl => {
  const url = parseDatabaseUrl(text);
  if (typeof url === 'string') throw new Error(`${text}: ${url}`);
  return url;
};

const NEON = 'ep-cool-darkness-123456';
const REGION = 'eu-central-1.aws.neon.tech';

describe('each form', () => {
  test.each<[string, string, string]>([
    ['postgresql://u:p@h/d', 'postgresql://u:p@h/d', 'postgresql://u:p@h/d'],
    ['postgres://u:p@h/d', 'postgresql://u:p@h/d', 'postgresql://u:p@h/d'],
    ['postgresql+psycopg2://u:p@h/d', 'postgresql://u:p@h/d', 'postgresql://u:p@h/d'],
    ['postgresql+psycopg://u:p@h/d', 'postgresql://u:p@h/d', 'postgresql://u:p@h/d'],
    ['postgresql+psycopg_async://u:p@h/d', 'postgresql://u:p@h/d', 'postgresql://u:p@h/d'],
    ['postgres+asyncpg://u:p@h:6543/d', 'postgresql://u:p@h:6543/d', 'postgresql://u:p@h:6543/d'],
    [
      'postgresql://u:p@h/d?sslmode=require&channel_binding=require',
      'postgresql://u:p@h/d?sslmode=verify-full',
      'postgresql://u:p@h/d?channel_binding=require&sslmode=require',
    ],
    [
      'postgresql+asyncpg://u:p@h/d?ssl=require',
      'postgresql://u:p@h/d?sslmode=verify-full',
      'postgresql://u:p@h/d?sslmode=require',
    ],
    [
      'postgresql+asyncpg://u:p@h/d?sslmode=require',
      'postgresql://u:p@h/d?sslmode=verify-full',
      'postgresql://u:p@h/d?sslmode=require',
    ],
    [
      'postgresql+asyncpg://u:p@h/d?ssl=true&prepared_statement_cache_size=0&statement_cache_size=0&prepared_statement_name_func=x&async_fallback=true&pgbouncer=true',
      'postgresql://u:p@h/d?sslmode=verify-full',
      'postgresql://u:p@h/d?sslmode=require',
    ],
    [
      'postgresql://u:p@h/d?ssl=false',
      'postgresql://u:p@h/d?sslmode=disable',
      'postgresql://u:p@h/d?sslmode=disable',
    ],
    [
      'postgresql://u:p@h/d?sslmode=verify-ca',
      'postgresql://u:p@h/d?sslmode=verify-full',
      'postgresql://u:p@h/d?sslmode=verify-ca',
    ],
    [
      'postgresql://u:p@h/d?sslmode=no-verify',
      'postgresql://u:p@h/d?sslmode=no-verify',
      'postgresql://u:p@h/d?sslmode=require',
    ],
    [
      'postgresql://u:p@h/d?sslmode=prefer',
      'postgresql://u:p@h/d?sslmode=verify-full',
      'postgresql://u:p@h/d?sslmode=prefer',
    ],
    [
      'postgresql://u:p@localhost/d?sslmode=prefer',
      'postgresql://u:p@localhost/d?sslmode=disable',
      'postgresql://u:p@localhost/d?sslmode=prefer',
    ],
    [
      'postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=system',
      'postgresql://u:p@h/d?sslmode=verify-full',
      'postgresql://u:p@h/d?sslrootcert=system&sslmode=verify-full',
    ],
    [
      'postgresql://u:p@/d?host=/var/run/postgresql',
      'postgresql://u:p@localhost/d?host=%2Fvar%2Frun%2Fpostgresql',
      'postgresql://u:p@/d?host=%2Fvar%2Frun%2Fpostgresql',
    ],
    [
      'postgresql://u@%2Fvar%2Frun%2Fpostgresql/d',
      'postgresql://u@localhost/d?host=%2Fvar%2Frun%2Fpostgresql',
      'postgresql://u@/d?host=%2Fvar%2Frun%2Fpostgresql',
    ],
    [
      'postgresql:///d?host=h&port=6543&user=u&password=p',
      'postgresql://u:p@h:6543/d',
      'postgresql://u:p@h:6543/d',
    ],
    [
      'postgresql://u:p@[::1]:5432/d',
      'postgresql://u:p@[::1]:5432/d',
      'postgresql://u:p@[::1]:5432/d',
    ],
    [
      'postgresql://u:p@h/d?options=-csearch_path%3Da,b&connect_timeout=10',
      'postgresql://u:p@h/d?options=-csearch_path%3Da%2Cb',
      'postgresql://u:p@h/d?options=-csearch_path%3Da%2Cb&connect_timeout=10',
    ],
    [
      'postgresql://u:p@h/d?application_name=a+b',
      'postgresql://u:p@h/d?application_name=a%2Bb',
      'postgresql://u:p@h/d?application_name=a%2Bb',
    ],
    [
      `postgresql://u:p@${NEON}.${REGION}/d`,
      `postgresql://u:p@${NEON}.${REGION}/d?sslmode=verify-full`,
      `postgresql://u:p@${NEON}.${REGION}/d`,
    ],
    [
      `postgresql://u:p@${NEON}-pooler.${REGION}/d?sslmode=require&options=endpoint%3D${NEON}`,
      `postgresql://u:p@${NEON}-pooler.${REGION}/d?options=endpoint%3D${NEON}&sslmode=verify-full`,
      `postgresql://u:p@${NEON}-pooler.${REGION}/d?options=endpoint%3D${NEON}&sslmode=require`,
    ],
  ])('%s', (text, node, libpq) => {
    const url = parse(text);
    expect({ node: url.node(), libpq: url.libpq() }).toEqual({ node, libpq });
  });

  test('Neon’s pooled host becomes the direct one for migrations, nobody else’s does', () => {
    const direct = (host: string) => parse(`postgresql://u:p@${host}/d`).direct().node();
    expect(direct(`${NEON}-pooler.${REGION}`)).toContain(`@${NEON}.${REGION}/`);
    expect(direct(`${NEON}.${REGION}`)).toContain(`@${NEON}.${REGION}/`);
    expect(direct('my-pooler.example.com')).toContain('@my-pooler.example.com/');
  });

  test.each([
    'p@ss',
    'p:a:s',
    'a/b',
    'a?b',
    'a#b',
    '100%',
    'a b',
    'a+b',
    "a'b",
    'a&b=c',
    'a\\b',
    '😀',
    '',
  ])('a percent-encoded password reaches node-postgres as it was: %s', (password) => {
    const url = parse(`postgresql+asyncpg://u:${encodeURIComponent(password)}@h/d?ssl=disable`);
    const client = new Client({ connectionString: url.node() });
    expect([client.user, client.password ?? '', client.host, client.database]).toEqual([
      'u',
      password,
      'h',
      'd',
    ]);
  });

  test('a password with an @ in it is understood, though it should have been encoded', () => {
    expect(parse('postgresql://u:p@ss@h/d').libpq()).toBe('postgresql://u:p%40ss@h/d');
  });
});

describe('an impossible one is one sentence without the password', () => {
  test.each<[string, RegExp]>([
    ['mysql://u:hunter2@h/d', /must begin with postgresql:/],
    ['host=h user=u password=hunter2', /must begin with postgresql:/],
    ['jdbc:postgresql://h/d?password=hunter2', /must begin with postgresql:/],
    ['u:hunter2@h/d', /must begin with postgresql:/],
    ['postgresql:u:hunter2@h', /must begin with postgresql:/],
    ['postgresql://u:hunter2/x@h/d', /percent-encoded/],
    ['postgresql://u:hunter2?x@h/d', /percent-encoded/],
    ['postgresql://u:hunter2#x@h/d', /percent-encoded/],
    ['postgresql://u:123/hunter2@h/d', /percent-encoded/],
    ['postgresql://u:hunter2%@h/d', /percent-encoded/],
    ['postgresql://u:hunter2%zz@h/d', /percent-encoded/],
    ['postgresql://u:hunter2@ho st/d', /percent-encoded/],
    ['postgresql://u:hunter2@h/d?sslmode=%zz', /percent-encoded/],
    ['postgresql://u:hunter2@h/a%3Fb', /database name with \? or #/],
    ['postgresql://u:hunter2%00@h/d', /NUL/],
    ['postgresql://u:hunter2@h:port/d', /percent-encoded|port/],
    ['postgresql://u:hunter2@h:0/d', /port/],
    ['postgresql://u:hunter2@h:65536/d', /port/],
    ['postgresql://u:hunter2@h1,h2/d', /several hosts/],
    ['postgresql://u:hunter2@h1:1,h2:2/d', /several hosts/],
    ['postgresql://u:hunter2@/d?host=h1&host=h2', /several hosts/],
    ['postgresql://u:hunter2@h/d?sslmode=yes', /none of disable, allow/],
    ['postgresql://u:hunter2@h/d?ssl=maybe', /none of disable, allow/],
  ])('%s', (text, problem) => {
    expect(parseDatabaseUrl(text)).toMatch(problem);
    const env = {
      AUTH_DATABASE_URL: text,
      JWT_SECRET: 'x'.repeat(32),
      JWT_ISSUER: 'i',
      JWT_AUDIENCE: 'a',
    };
    expect(() => loadConfig(env)).toThrow(
      /^The settings have a problem:\n {2}- AUTH_DATABASE_URL [^\n]*\.$/,
    );
    expect(() => loadConfig(env)).not.toThrow(/hunter2/);
  });

  test('two impossible ones are two sentences', () => {
    expect(() =>
      loadConfig({ DATABASE_URL: 'x', AUTH_DATABASE_URL: 'y', JWT_SECRET: 'x' }),
    ).toThrow(/- DATABASE_URL must[^\n]*\n {2}- AUTH_DATABASE_URL must/);
  });

  test('a message never names more than user, host and database', () => {
    const url = parse('postgresql://u:hunter2@/d?host=/tmp').node();
    expect(describeUrl(url)).toBe('u@/tmp/d');
    expect(describeUrl(parse('postgresql://u:hunter2@h:1/d').node())).toBe('u@h:1/d');
  });
});

describe('a real connection', () => {
  const variants = (url: string): string[] => [
    url,
    url.replace('postgresql:', 'postgres:'),
    `${url.replace('postgresql:', 'postgresql+asyncpg:')}?ssl=disable`,
    `${url.replace('postgresql:', 'postgresql+psycopg2:')}?sslmode=prefer`,
    `${url}?ssl=false&prepared_statement_cache_size=0&pgbouncer=true`,
    `${url}?sslmode=disable&channel_binding=disable&connect_timeout=5`,
    `${url}?options=-csearch_path%3Dpg_catalog&application_name=a%20b`,
  ];
  const owner = () => database.urls.owner;
  const ask = "select current_user || ' ' || current_setting('application_name') as who";

  test('is made by node-postgres from every form', async () => {
    for (const text of variants(owner())) {
      const client = new Client({ connectionString: parse(text).node() });
      await client.connect();
      const { rows } = await client.query(ask);
      await client.end();
      expect(rows[0].who).toBe(text.includes('a%20b') ? 'todo_owner a b' : 'todo_owner ');
    }
  });

  test('is refused by node-postgres where TLS is asked for and there is none', async () => {
    const client = new Client({ connectionString: parse(`${owner()}?ssl=require`).node() });
    await expect(client.connect()).rejects.toThrow(/does not support SSL/);
  });

  test('with a certificate file that is not there is refused at once, with its name', async () => {
    const url = parse(`${owner()}?sslrootcert=/nowhere/root.crt`).node();
    await expect(waitForDatabase(url, () => {})).rejects.toThrow(
      'The file /nowhere/root.crt in AUTH_DATABASE_URL cannot be read (ENOENT).',
    );
  });

  test('that nobody answers is waited for, and then given up', async () => {
    const said: string[] = [];
    const url = new URL(parse(owner()).node());
    url.port = '1';
    const waiting = waitForDatabase(url.href, (line) => said.push(line), 600);
    await expect(waiting).rejects.toThrow(/ cannot be reached: .*ECONNREFUSED/);
    expect(said).toEqual([expect.stringMatching(/^Waiting for the database todo_owner@/)]);
    expect(said.join()).not.toContain(url.password);
  });

  test('is made by psql from every form', async (context) => {
    const run = promisify(execFile);
    const installed = await run('psql', ['--version']).then(
      () => true,
      () => false,
    );
    if (!installed) {
      console.warn('skipped: psql is not installed');
      context.skip();
    }
    for (const text of variants(owner())) {
      const { stdout } = await run('psql', ['-XAtc', ask, parse(text).libpq()]);
      expect(stdout).toBe(text.includes('a%20b') ? 'todo_owner a b\n' : 'todo_owner psql\n');
    }
    await expect(
      run('psql', ['-XAtc', ask, `${owner()}?pgbouncer=true`]),
      'as it was',
    ).rejects.toThrow(/invalid URI query parameter/);
  });
});
