/** Settings that decide who is believed: wrong ones refuse to start, and every problem is named at once. */
import { describe, expect, test } from 'vitest';
import { type Environment, loadConfig } from '../../src/config.ts';
import { OperatorError } from '../../src/errors.ts';

const SECRET = 'secret-secret-secret-secret-secret';
const ISSUER = { JWT_ISSUER: 'https://issuer.test', JWT_AUDIENCE: 'rowguard' };
const DATABASE = { AUTH_DATABASE_URL: 'postgresql://todo_authenticator:pw@db.test/todo' };
const JWKS_URL = 'https://issuer.test/api/auth/jwks';

/** The problems of these settings, one a line. */
function problems(env: Environment): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    const { message } = error as OperatorError;
    for (const secret of [env.JWT_SECRET, 'hunter2']) {
      if (secret) expect(message).not.toContain(secret);
    }
    return message
      .split('\n')
      .slice(1)
      .map((line) => line.replace('  - ', ''));
  }
}

describe('good settings', () => {
  test('none at all: the embedded database and its development key', () => {
    expect(loadConfig({})).toMatchObject({ identity: undefined, database: undefined });
  });

  test('JWT_SECRET means HS256 and nothing else', () => {
    const { identity } = loadConfig({ ...DATABASE, ...ISSUER, JWT_SECRET: SECRET });
    expect(identity).toEqual({
      key: new TextEncoder().encode(SECRET),
      algorithms: ['HS256'],
      issuer: ISSUER.JWT_ISSUER,
      audience: ISSUER.JWT_AUDIENCE,
    });
  });

  test('JWKS_URL means EdDSA unless other asymmetric algorithms are named', () => {
    const { identity } = loadConfig({ ...DATABASE, ...ISSUER, JWKS_URL });
    expect(identity).toMatchObject({ key: new URL(JWKS_URL), algorithms: ['EdDSA'] });
    const named = loadConfig({ ...DATABASE, ...ISSUER, JWKS_URL, JWT_ALGORITHMS: 'ES256, RS256' });
    expect(named.identity?.algorithms).toEqual(['ES256', 'RS256']);
  });

  test.each([{ JWKS_URL }, { JWT_SECRET: SECRET }])(
    'either takes the place of the development key on the embedded database (%j)',
    (key) => {
      expect(loadConfig({ ...ISSUER, ...key })).toMatchObject({
        database: undefined,
        identity: { issuer: ISSUER.JWT_ISSUER },
      });
    },
  );

  test.each([
    ['production', 'https://issuer.test/jwks'],
    ['production', 'http://127.0.0.1:3000/jwks'],
    ['production', 'http://localhost:3000/jwks'],
    ['production', 'http://[::1]:3000/jwks'],
    [undefined, 'http://auth:3000/jwks'],
  ])('in %s %s is a JWKS_URL', (NODE_ENV, url) => {
    expect(problems({ ...DATABASE, ...ISSUER, NODE_ENV, JWKS_URL: url })).toEqual([]);
  });

  test('a secret of 32 bytes is long enough, also in fewer letters', () => {
    expect(problems({ ...ISSUER, JWT_SECRET: 'x'.repeat(32) })).toEqual([]);
    expect(problems({ ...ISSUER, JWT_SECRET: 'ä'.repeat(16) })).toEqual([]);
  });
});

describe('settings that refuse to start', () => {
  test.each<[string, Environment, string[]]>([
    [
      'a database without any identity',
      DATABASE,
      [
        'JWKS_URL or JWT_SECRET is required: only the embedded database outside production has a development key.',
        'JWT_ISSUER is required with JWKS_URL or JWT_SECRET.',
        'JWT_AUDIENCE is required with JWKS_URL or JWT_SECRET.',
      ],
    ],
    [
      'production with nothing else',
      { NODE_ENV: 'production' },
      [
        'NODE_ENV=production has no embedded database: set AUTH_DATABASE_URL.',
        'JWKS_URL or JWT_SECRET is required: only the embedded database outside production has a development key.',
        'JWT_ISSUER is required with JWKS_URL or JWT_SECRET.',
        'JWT_AUDIENCE is required with JWKS_URL or JWT_SECRET.',
      ],
    ],
    [
      'both keys',
      { ...DATABASE, ...ISSUER, JWKS_URL, JWT_SECRET: SECRET },
      [
        'JWKS_URL and JWT_SECRET are both set: set only one, so that a token cannot choose the key that checks it.',
      ],
    ],
    [
      'both keys, a short secret, no issuer and no audience',
      { JWKS_URL, JWT_SECRET: 'hunter2' },
      [
        'JWKS_URL and JWT_SECRET are both set: set only one, so that a token cannot choose the key that checks it.',
        'JWT_ISSUER is required with JWKS_URL.',
        'JWT_AUDIENCE is required with JWKS_URL.',
        'JWT_SECRET must be at least 32 bytes long.',
      ],
    ],
    [
      'a secret of 31 bytes',
      { ...ISSUER, JWT_SECRET: 'x'.repeat(31) },
      ['JWT_SECRET must be at least 32 bytes long.'],
    ],
    [
      'a secret with a line end',
      { ...ISSUER, JWT_SECRET: `${SECRET}\n` },
      ['JWT_SECRET begins or ends with white space: remove it here and at the issuer.'],
    ],
    [
      'a secret without an issuer',
      { JWT_SECRET: SECRET, JWT_AUDIENCE: 'a' },
      ['JWT_ISSUER is required with JWT_SECRET.'],
    ],
    [
      'a secret without an audience',
      { JWT_SECRET: SECRET, JWT_ISSUER: 'i' },
      ['JWT_AUDIENCE is required with JWT_SECRET.'],
    ],
    [
      'a key set without an issuer',
      { JWKS_URL, JWT_AUDIENCE: 'a' },
      ['JWT_ISSUER is required with JWKS_URL.'],
    ],
    [
      'an issuer of nothing but spaces',
      { JWKS_URL, JWT_ISSUER: '  ', JWT_AUDIENCE: 'a' },
      ['JWT_ISSUER is required with JWKS_URL.'],
    ],
    [
      'an issuer without a key',
      ISSUER,
      [
        'JWT_ISSUER, JWT_AUDIENCE and JWT_ALGORITHMS have no effect without JWKS_URL or JWT_SECRET.',
      ],
    ],
    [
      'a claim with another meaning',
      { JWT_USER_ID_CLAIM: 'exp' },
      ['JWT_USER_ID_CLAIM cannot be exp.'],
    ],
    [
      'an age of no seconds',
      { JWT_MAX_AGE: '0' },
      ['JWT_MAX_AGE must be a whole number from 1 to 31622400.'],
    ],
  ])('%s', (_name, env, expected) => {
    expect(problems(env)).toEqual(expected);
  });

  test.each(['none', 'HS256', 'EdDSA, HS256', 'eddsa', 'RS1', 'EdDSA;ES256', ', ,'])(
    'JWT_ALGORITHMS "%s" with JWKS_URL',
    (JWT_ALGORITHMS) => {
      expect(problems({ ...ISSUER, JWKS_URL, JWT_ALGORITHMS })).toEqual([
        expect.stringMatching(/^JWT_ALGORITHMS must be of EdDSA, .* with JWKS_URL\.$/),
      ]);
    },
  );

  test.each(['none', 'HS512', 'RS256', 'EdDSA', 'HS256 none'])(
    'JWT_ALGORITHMS "%s" with JWT_SECRET',
    (JWT_ALGORITHMS) => {
      expect(problems({ ...ISSUER, JWT_SECRET: SECRET, JWT_ALGORITHMS })).toEqual([
        'JWT_ALGORITHMS must be of HS256 with JWT_SECRET.',
      ]);
    },
  );

  test.each<[string, RegExp]>([
    ['issuer.test/jwks', /must be an http or https URL/],
    ['file:///etc/jwks.json', /must be an http or https URL/],
    ['data:application/json,{"keys":[]}', /must be an http or https URL/],
    ['ftp://issuer.test/jwks', /must be an http or https URL/],
    ['http://', /must be an http or https URL/],
    ['https://user:hunter2@issuer.test/jwks', /no user, no password and no fragment/],
    ['https://issuer.test/jwks#1', /no user, no password and no fragment/],
    ['http://issuer.test/jwks', /must be https in production/],
    ['http://127.0.0.1.issuer.test/jwks', /must be https in production/],
    ['http://localhost.issuer.test/jwks', /must be https in production/],
  ])('in production JWKS_URL %s', (url, problem) => {
    const env = { ...DATABASE, ...ISSUER, NODE_ENV: 'production', JWKS_URL: url };
    expect(problems(env)).toEqual([expect.stringMatching(problem)]);
  });
});
