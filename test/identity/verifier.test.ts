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
      expect(await refused(token({}, { alg }))).toBe('alg is not allowed');
    },
  );

  test.each([undefined, null, 1, true, ['HS256'], { HS256: 1 }])(
    'an alg that is no string (%j) is refused',
    async (alg) => {
      expect(await refused(token({}, { alg }))).toBe('alg is not allowed');
    },
  );

  test('an unsigned token is refused before it is parsed', async () => {
    const [head, body] = token({}, { alg: 'none' }).split('.');
    expect(await refused(`${head}.${body}.`)).toBe('not a compact JWS');
    expect(await refused(`${head}.${body}`)).toBe('not a compact JWS');
  });

  test('a token of another kind of key is refused where a secret is configured', async () => {
    expect(await refused(rs256())).toBe('alg is not allowed');
  });

  test('a published key does not count as a secret', async () => {
    const forged = hs256(HEADER, claims(), Buffer.from(pem));
    expect(await refused(forged)).toBe('bad signature');
  });
});

describe('the signature', () => {
  const [head = '', body = '', signature = ''] = token().split('.');

  test('of another key is refused', async () => {
    expect(await refused(hs256(HEADER, claims(), randomBytes(32)))).toBe('bad signature');
  });

  test('of an empty key is refused', async () => {
    expect(await refused(hs256(HEADER, claims(), Buffer.alloc(0)))).toBe('bad signature');
  });

  test.each([
    ['payload', `${head}.${base64url(claims({ user_id: 8 }))}.${signature}`],
    ['header', `${base64url({ alg: 'HS256', kid: 'x' })}.${body}.${signature}`],
    // Its first character: of the last ones not every bit counts, and they may be these already.
    ['signature', `${head}.${body}.${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`],
    ['signature, cut short', `${head}.${body}.${signature.slice(0, -4)}`],
    ['signature, made longer', `${head}.${body}.${signature}AAAA`],
  ])('covers every part: a changed %s is refused', async (_name, changed) => {
    expect(await refused(changed)).toBe('bad signature');
  });
});

describe('the header may hold alg, kid and typ only', () => {
  test.each([
    ['jwk', { kty: 'oct', k: 'AAAA' }],
    ['jku', 'https://evil.example/jwks'],
    ['x5u', 'https://evil.example/cert'],
    ['x5c', ['AAAA']],
    ['x5t', 'AAAA'],
    ['crit', ['exp']],
    ['crit', []],
    ['b64', false],
    ['zip', 'DEF'],
    ['cty', 'JWT'],
    ['enc', 'A128GCM'],
    ['p2c', 1_000_000_000],
    ['iss', 'https://issuer.test'],
    ['__proto__', 1],
  ])('%s is refused', async (field, value) => {
    const header = `{"alg":"HS256",${JSON.stringify(field)}:${JSON.stringify(value)}}`;
    expect(await refused(token({}, header))).toBe('a header field besides alg, kid and typ');
  });

  test.each(['at+jwt', 'JWE', 'secevent+jwt', 'application/jwt', '', 'JWT ', 1, null, ['JWT'], {}])(
    'typ %j is another kind of token and refused',
    async (typ) => {
      expect(await refused(token({}, { ...HEADER, typ }))).toBe('typ is not JWT');
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
    expect(await refused(token({}, header))).toMatch(/^(malformed|alg is not allowed)$/);
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
    expect(await refused(hs256(HEADER, payload, secret))).toMatch(/^(ERR_|malformed)/);
  });

  test('invalid UTF-8 in it never becomes a name', async () => {
    const text = Buffer.from(JSON.stringify(claims({ email: 'x@example.com' })));
    text[text.indexOf('x@')] = 0xff;
    const signed = `${base64url(HEADER)}.${text.toString('base64url')}`;
    const { createHmac } = await import('node:crypto');
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    expect(await refused(`${signed}.${mac}`)).toMatch(/^(ERR_|malformed)/);
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
    ['expired six seconds ago', () => ({ iat: now() - 100, exp: now() - 6 })],
    ['not valid for another ten seconds', () => ({ nbf: now() + 10 })],
    ['issued ten seconds in the future', () => ({ iat: now() + 10, exp: now() + 600 })],
    ['issued before the longest age', () => ({ iat: now() - 3610, exp: now() + 10 })],
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

  test('clocks may be five seconds apart', async () => {
    expect(await check(token({ iat: now() - 100, exp: now() - 3 }))).toMatchObject({ userId: 7 });
    expect(await check(token({ iat: now() + 3, nbf: now() + 3 }))).toMatchObject({ userId: 7 });
  });

  test('a token that was good is refused once it has expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const text = token();
    expect(await check(text)).toMatchObject({ userId: 7 });
    vi.setSystemTime(Date.now() + 604_000);
    expect(await check(text)).toMatchObject({ userId: 7 });
    vi.setSystemTime(Date.now() + 2000);
    expect(await refused(text)).toBe('ERR_JWT_EXPIRED');
  });
});

describe('size and characters are looked at before anything is parsed', () => {
  test('a token of 4096 bytes is read, one of 4097 is not', async () => {
    const filler = (length: number) => token({ filler: 'x'.repeat(length) });
    let length = 3072 - filler(0).length;
    while (filler(length).length < MAX_TOKEN_BYTES) length++;
    expect(filler(length)).toHaveLength(MAX_TOKEN_BYTES);
    expect(await check(filler(length))).toMatchObject({ userId: 7 });
    expect(await refused(filler(length + 2))).toBe(`longer than ${MAX_TOKEN_BYTES} bytes`);
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
    expect(await refused(change(token()))).toBe('not a compact JWS');
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
