/** What a token must be. One rule of RFC 7515, 7519 or 8725 each, against a token that breaks only it. */
import { generateKeyPairSync, randomBytes, sign as signWith } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { bearerToken, MAX_TOKEN_BYTES } from '../../src/identity/bearer.ts';
import { AuthenticationError, type Identity } from '../../src/identity/identity.ts';
import { secretKey } from '../../src/identity/keys.ts';
import { createVerifier } from '../../src/identity/verifier.ts';
import { PARTY } from '../support/issuer.ts';
import { base64url, goodClaims, HEADER, hs256 } from '../support/tokens.ts';

const secret = randomBytes(32);
const RULES = { ...PARTY, algorithms: ['HS256'], userIdClaim: 'user_id', maxAge: 3600 };
const verify = createVerifier(RULES, secretKey(secret));
const NOT_THREE_PARTS = 'not three base64url parts with a dot between them';
const now = () => Math.floor(Date.now() / 1000);
const claims = (change: object = {}) => goodClaims(PARTY, change);
const token = (change: object = {}, header: object | string = HEADER) =>
  hs256(header, claims(change), secret);

/** As a request's header, so that the limits before parsing count too. */
const check = async (text: string): Promise<Identity> => verify(bearerToken(`Bearer ${text}`));

async function refused(text: string): Promise<string> {
  const error = await check(text).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(error).toMatchObject({ kind: 'invalid' });
  return (error as AuthenticationError).reason;
}

afterEach(() => vi.useRealTimers());

describe('a good token', () => {
  test('gives its user_id, email and times, and nothing else', async () => {
    const { iat, exp } = claims();
    expect(await check(token({ role: 'postgres', name: 'Seven', iat, exp }))).toEqual({
      userId: 7,
      email: 'seven@example.com',
      issuedAt: iat,
      expiresAt: exp,
    });
  });

  test.each([
    ['no typ, as Better Auth has it', HEADER],
    ['typ JWT', { ...HEADER, typ: 'JWT' }],
    ['typ in small letters', { ...HEADER, typ: 'jwt' }],
    ['a kid, although a secret needs none', { ...HEADER, kid: '1' }],
  ])('may have %s', async (_name, header) => {
    expect(await check(token({}, header))).toMatchObject({ userId: 7 });
  });

  test('may name several audiences, ours among them', async () => {
    expect(await check(token({ aud: ['other', PARTY.audience] }))).toMatchObject({ userId: 7 });
  });

  test('may state no email', async () => {
    expect(await check(token({ email: undefined }))).toMatchObject({ email: null });
    expect(await check(token({ email: null }))).toMatchObject({ email: null });
  });

  test('of the same claim twice the last counts, as RFC 7519 lets a parser do', async () => {
    const twice = JSON.stringify(claims()).replace('{', '{"user_id":8,');
    expect(await check(hs256(HEADER, twice, secret))).toMatchObject({ userId: 7 });
  });
});

describe('the algorithm comes from the configuration, not from the token', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const rs256 = (): string => {
    const signed = `${base64url({ alg: 'RS256' })}.${base64url(claims())}`;
    return `${signed}.${signWith('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };

  test.each(['none', 'None', 'NONE', 'nOnE', 'hs256', 'HS384', 'HS512', 'EdDSA', 'dir', ''])(
    'alg "%s" is refused, whatever is signed',
    async (alg) => {
      expect(await refused(token({}, { alg }))).toBe('alg is not in JWT_ALGORITHMS');
    },
  );

  test.each([undefined, null, 1, true, ['HS256'], { HS256: 1 }])(
    'an alg that is no string (%j) is refused',
    async (alg) => {
      expect(await refused(token({}, { alg }))).toBe('alg is not in JWT_ALGORITHMS');
    },
  );

  test('an unsigned token is refused before it is parsed', async () => {
    const [head, body] = token({}, { alg: 'none' }).split('.');
    expect(await refused(`${head}.${body}.`)).toBe(NOT_THREE_PARTS);
    expect(await refused(`${head}.${body}`)).toBe(NOT_THREE_PARTS);
  });

  test('a token of another kind of key is refused where a secret is configured', async () => {
    expect(await refused(rs256())).toBe('alg is not in JWT_ALGORITHMS');
  });

  test('a published key does not count as a secret', async () => {
    const forged = hs256(HEADER, claims(), Buffer.from(pem));
    expect(await refused(forged)).toBe('signature does not match any key');
  });
});

describe('the signature', () => {
  const [head = '', body = '', signature = ''] = token().split('.');

  test('of another key is refused', async () => {
    expect(await refused(hs256(HEADER, claims(), randomBytes(32)))).toBe(
      'signature does not match any key',
    );
  });

  test('of an empty key is refused', async () => {
    expect(await refused(hs256(HEADER, claims(), Buffer.alloc(0)))).toBe(
      'signature does not match any key',
    );
  });

  test.each([
    ['payload', `${head}.${base64url(claims({ user_id: 8 }))}.${signature}`],
    ['header', `${base64url({ alg: 'HS256', kid: 'x' })}.${body}.${signature}`],
    // Its first character: of the last ones not every bit counts, and they may be these already.
    ['signature', `${head}.${body}.${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`],
    ['signature, cut short', `${head}.${body}.${signature.slice(0, -4)}`],
    ['signature, made longer', `${head}.${body}.${signature}AAAA`],
  ])('covers every part: a changed %s is refused', async (_name, changed) => {
    expect(await refused(changed)).toBe('signature does not match any key');
  });
});

describe('the header', () => {
  const withField = (field: string, value: unknown) =>
    token({}, `{"alg":"HS256",${JSON.stringify(field)}:${JSON.stringify(value)}}`);

  test.each([
    ['jwk', { kty: 'oct', k: 'AAAA' }],
    ['jku', 'https://evil.example/jwks'],
    ['x5u', 'https://evil.example/cert'],
    ['x5c', ['AAAA']],
    ['b64', false],
    ['zip', 'DEF'],
    ['enc', 'A128GCM'],
  ])('must not choose a key, or how the token is read: %s', async (field, value) => {
    expect(await refused(withField(field, value))).toMatch(/^the header brings its own key/);
  });

  test.each([[['exp']], [[]], [null], [['b64']]])('must not have crit: %j', async (value) => {
    expect(await refused(withField('crit', value))).toMatch(/^crit in the header/);
  });

  test.each([
    ['x5t', 'AAAA'],
    ['x5t#S256', 'AAAA'],
    ['cat', 'cl_B7d4PD111AAA'],
    ['cty', 'JWT'],
    ['p2c', 1_000_000_000],
    ['iss', 'https://evil.test'],
    ['__proto__', { alg: 'none', crit: ['x'] }],
    ['ext', { nested: true }],
  ])('may have fields that nobody here knows: %s', async (field, value) => {
    expect(await check(withField(field, value))).toMatchObject({ userId: 7 });
  });

  test.each(['at+jwt', 'JWT', 'application/jwt', '', 1, null])(
    'may have any typ, unless JWT_TYP is set: %j',
    async (typ) => {
      expect(await check(token({}, { ...HEADER, typ }))).toMatchObject({ userId: 7 });
    },
  );

  const typed = createVerifier({ ...RULES, typ: 'at+jwt' }, secretKey(secret));
  test.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('has JWT_TYP: %s', async (typ) => {
    expect(await typed(token({}, { ...HEADER, typ }))).toMatchObject({ userId: 7 });
  });
  test.each(['JWT', undefined, '', 'at+jwt ', 'x/at+jwt', ['at+jwt'], 1])(
    'must not have another typ than JWT_TYP: %j',
    async (typ) => {
      await expect(typed(token({}, { ...HEADER, typ }))).rejects.toMatchObject({
        reason: 'typ is not JWT_TYP',
      });
    },
  );

  test.each([1, null, ['1'], {}, true])('a kid that is no string (%j) is refused', async (kid) => {
    expect(await refused(token({}, { ...HEADER, kid }))).toBe('kid is not a string');
  });

  test.each([
    ['not JSON', 'alg'],
    ['an array', '["HS256"]'],
    ['a string', '"HS256"'],
    ['null', 'null'],
    ['empty', ' '],
    ['JSON and more', '{"alg":"HS256"}{}'],
    ['cut off', '{"alg":"HS256"'],
    ['very deep', `${'{"alg":'.repeat(300)}1${'}'.repeat(300)}`],
  ])('a header that is %s is refused', async (_name, header) => {
    expect(await refused(token({}, header))).toMatch(
      /^(the header is not a JSON object|alg is not in JWT_ALGORITHMS)$/,
    );
  });
});

describe('the payload is one JSON object', () => {
  test.each([
    ['not JSON', 'user_id=7'],
    ['an array', '[7]'],
    ['a string', '"7"'],
    ['a number', '7'],
    ['null', 'null'],
    ['empty', ' '],
    ['JSON and more', '{}{}'],
    ['very deep', `${'['.repeat(1200)}${']'.repeat(1200)}`],
    ['a token itself', token()],
  ])('one that is %s is refused', async (_name, payload) => {
    expect(await refused(hs256(HEADER, payload, secret))).toBe('the payload is not a JSON object');
  });

  test('invalid UTF-8 in it never becomes a name', async () => {
    const text = Buffer.from(JSON.stringify(claims({ email: 'x@example.com' })));
    text[text.indexOf('x@')] = 0xff;
    const signed = `${base64url(HEADER)}.${text.toString('base64url')}`;
    const { createHmac } = await import('node:crypto');
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    expect(await refused(`${signed}.${mac}`)).toBe('the payload is not a JSON object');
  });
});

describe('issuer and audience', () => {
  test.each([
    ['another issuer', { iss: 'https://evil.test' }],
    ['our issuer with a slash', { iss: `${PARTY.issuer}/` }],
    ['our issuer in capitals', { iss: PARTY.issuer.toUpperCase() }],
    ['a list of issuers', { iss: [PARTY.issuer] }],
    ['an issuer that is no string', { iss: 1 }],
    ['an empty issuer', { iss: '' }],
    ['another audience', { aud: 'other' }],
    ['other audiences', { aud: ['other', 'another'] }],
    ['no audience in a list', { aud: [] }],
    ['an audience that begins like ours', { aud: `${PARTY.audience}-2` }],
    ['an audience that is an object', { aud: { [PARTY.audience]: true } }],
    ['an audience that is null', { aud: null }],
    ['a nested audience', { aud: [[PARTY.audience]] }],
    ['something that is no string beside our audience', { aud: [PARTY.audience, 1] }],
  ])('%s is refused', async (_name, change) => {
    await refused(token(change));
  });
});

describe('times', () => {
  test.each(['iss', 'aud', 'exp', 'iat', 'user_id'])(
    'a token without %s is refused',
    async (name) => {
      await refused(token({ [name]: undefined }));
    },
  );

  test.each([
    ['expired 32 seconds ago', () => ({ iat: now() - 100, exp: now() - 32 })],
    ['not valid for another forty seconds', () => ({ nbf: now() + 40 })],
    ['issued forty seconds in the future', () => ({ iat: now() + 40, exp: now() + 600 })],
    ['issued before the longest age', () => ({ iat: now() - 3640, exp: now() + 10 })],
    ['valid for longer than the longest age', () => ({ iat: now(), exp: now() + 3602 })],
    ['valid for a thousand years', () => ({ exp: now() + 1000 * 365 * 86_400 })],
    ['issued in milliseconds', () => ({ iat: Date.now(), exp: Date.now() + 600_000 })],
    ['issued before 1970', () => ({ iat: -1 })],
  ])('a token %s is refused', async (_name, change) => {
    await refused(token(change()));
  });

  test.each(['exp', 'iat', 'nbf'])('%s must be a number', async (name) => {
    for (const value of [String(now()), null, true, [now()], {}, new Date().toISOString()]) {
      await refused(token({ [name]: value }));
    }
    const infinite = JSON.stringify(claims({ [name]: 'X' })).replace('"X"', '1e999');
    await refused(hs256(HEADER, infinite, secret));
  });

  test('clocks may be thirty seconds apart, or as JWT_CLOCK_TOLERANCE says', async () => {
    const behind = token({ iat: now() - 100, exp: now() - 25 });
    const ahead = token({ iat: now() + 25, nbf: now() + 25 });
    expect(await check(behind)).toMatchObject({ userId: 7 });
    expect(await check(ahead)).toMatchObject({ userId: 7 });
    const strict = createVerifier({ ...RULES, clockTolerance: 0 }, secretKey(secret));
    await expect(strict(behind)).rejects.toMatchObject({
      reason: expect.stringMatching(/^expired 2\d s ago$/),
    });
    await expect(strict(ahead)).rejects.toMatchObject({
      reason: expect.stringMatching(/^(nbf|iat) is 2\d s in the future$/),
    });
    expect(await strict(token({ iat: now() - 1, exp: now() + 5 }))).toMatchObject({ userId: 7 });
  });

  test('a token that was good is refused once it has expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const text = token();
    expect(await check(text)).toMatchObject({ userId: 7 });
    vi.setSystemTime(Date.now() + 629_000);
    expect(await check(text)).toMatchObject({ userId: 7 });
    vi.setSystemTime(Date.now() + 2000);
    expect(await refused(text)).toBe('expired 31 s ago');
  });
});

describe('size and characters are looked at before anything is parsed', () => {
  test('a token of 4096 bytes is read, one of 4097 is not', async () => {
    const filler = (length: number) => token({ filler: 'x'.repeat(length) });
    let length = 3072 - filler(0).length;
    while (filler(length).length < MAX_TOKEN_BYTES) length++;
    expect(filler(length)).toHaveLength(MAX_TOKEN_BYTES);
    expect(await check(filler(length))).toMatchObject({ userId: 7 });
    expect(await refused(filler(length + 2))).toBe('longer than 4096 bytes');
  });

  test.each([
    ['padding', (text: string) => text.replace('.', '=.')],
    ['padding at the end', (text: string) => `${text}=`],
    ['base64 instead of base64url', (text: string) => `${text.slice(0, -1)}+`],
    ['a slash', (text: string) => `${text.slice(0, -1)}/`],
    ['percent-encoding', (text: string) => text.replaceAll('.', '%2E')],
    ['a NUL', (text: string) => `${text}\0`],
    ['a letter that is not ASCII', (text: string) => `${text}é`],
    ['four parts', (text: string) => `${text}.AAAA`],
    ['the five parts of an encrypted token', (text: string) => `${text}.AAAA.AAAA`],
    ['two parts', (text: string) => text.split('.').slice(1).join('.')],
    ['an empty part', (text: string) => text.replace(/\..*\./, '..')],
  ])('%s is refused', async (_name, change) => {
    expect(await refused(change(token()))).toBe(NOT_THREE_PARTS);
  });

  test.each([
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['the bare token', token()],
    ['no token', 'Bearer'],
    ['nothing but a space', 'Bearer '],
    ['two tokens', `Bearer ${token()} ${token()}`],
    ['two tokens with a comma', `Bearer ${token()}, Bearer ${token()}`],
    ['a quoted token', `Bearer "${token()}"`],
    ['a parameter', `Bearer token=${token()}`],
  ])('an Authorization header with %s is refused', (_name, header) => {
    expect(() => bearerToken(header)).toThrow(expect.objectContaining({ kind: 'invalid' }));
  });

  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('the scheme %s is the same', (scheme) => {
    const text = token();
    expect(bearerToken(`${scheme} ${text}`)).toBe(text);
  });

  test.each([undefined, ''])('no Authorization header is "missing", not "invalid"', (header) => {
    expect(() => bearerToken(header)).toThrow(expect.objectContaining({ kind: 'missing' }));
  });
});

describe('the reason for the log', () => {
  const without = (claim: string) => token({ [claim]: undefined });
  test.each<[string, string]>([
    [token({ iss: 'https://evil.test' }), 'iss is not JWT_ISSUER'],
    [token({ aud: 'other' }), 'aud is not JWT_AUDIENCE'],
    [token({ aud: [PARTY.audience, 1] }), 'aud is not JWT_AUDIENCE'],
    [without('iss'), 'iss, aud, exp or iat is missing'],
    [without('aud'), 'iss, aud, exp or iat is missing'],
    [without('exp'), 'iss, aud, exp or iat is missing'],
    [without('iat'), 'iss, aud, exp or iat is missing'],
    [token({ exp: 'soon' }), 'exp, iat or nbf is not a number'],
    [token({ nbf: true }), 'exp, iat or nbf is not a number'],
    [token({ iat: null }), 'exp, iat or nbf is not a number'],
    [token({ exp: now() + 4000 }), 'valid for longer than JWT_MAX_AGE from iat to exp'],
    [without('user_id'), 'the claim JWT_USER_ID_CLAIM is not an integer from 1 to 2147483647'],
    [token({ email: 'x' }), 'email is not a text of 3 to 320 characters'],
    [token({ email: 'a\0b@example.com' }), 'email is not a text of 3 to 320 characters'],
  ])('%#', async (text, reason) => expect(await refused(text)).toBe(reason));

  test('counts the seconds', async () => {
    expect(await refused(token({ iat: now() - 900, exp: now() - 300 }))).toMatch(
      /^expired 30[01] s ago$/,
    );
    expect(await refused(token({ nbf: now() + 300 }))).toMatch(
      /^nbf is (300|299) s in the future$/,
    );
    expect(await refused(token({ iat: now() + 300, exp: now() + 600 }))).toMatch(
      /^iat is (300|299) s in the future$/,
    );
    expect(await refused(token({ iat: now() - 4000 }))).toMatch(
      /^iat is 400[01] s ago, more than JWT_MAX_AGE$/,
    );
  });

  test('never holds a part of the token', async () => {
    const mark = 'INJECTED\n{"level":"error"}';
    const marked = [
      token({ iss: mark }),
      token({ aud: mark }),
      token({ user_id: mark }),
      token({ email: `${mark}${'x'.repeat(400)}` }),
      token({ exp: mark }),
      token({}, { alg: mark }),
      token({}, { ...HEADER, kid: [mark] }),
      token({}, { ...HEADER, crit: [mark] }),
      hs256(HEADER, mark, secret),
      hs256(mark, claims(), secret),
    ];
    for (const text of marked) expect(await refused(text)).not.toContain('INJECTED');
  });
});
