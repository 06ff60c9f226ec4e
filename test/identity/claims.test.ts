/** The one claim that decides whose rows are seen, and the email that goes with it. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { identityFromClaims } from '../../src/identity/claims.ts';
import { AuthenticationError } from '../../src/identity/identity.ts';
import { secretKey } from '../../src/identity/keys.ts';
import { createVerifier } from '../../src/identity/verifier.ts';
import { PARTY } from '../support/issuer.ts';
import { goodClaims, HEADER, hs256 } from '../support/tokens.ts';

const secret = randomBytes(32);
const verifier = (userIdClaim: string) =>
  createVerifier({ ...PARTY, algorithms: ['HS256'], userIdClaim, maxAge: 3600 }, secretKey(secret));
const verify = verifier('user_id');

/** JSON text goes in as it is: 1.0 and 1e3 are not what JSON.stringify writes. */
const withId = (json: string): string =>
  hs256(HEADER, JSON.stringify(goodClaims(PARTY, { user_id: 'X' })).replace('"X"', json), secret);

describe('user_id is an integer from 1 to 2147483647, or its plain decimal text', () => {
  test.each([
    ['1', 1],
    ['2147483647', 2_147_483_647],
    ['"1"', 1],
    ['"2147483647"', 2_147_483_647],
    ['"1000000000"', 1_000_000_000],
    // Other spellings of the same JSON number: what a parser hands on is the integer.
    ['1.0', 1],
    ['1e3', 1000],
  ])('%s is a person', async (json, userId) => {
    expect(await verify(withId(json))).toMatchObject({ userId });
  });

  test.each([
    '0',
    '-0',
    '-1',
    '1.5',
    '0.9999999',
    '1e-1',
    '2147483648',
    '4294967297',
    '9007199254740993',
    '1e10',
    '1e400',
    '-2147483648',
    '"0"',
    '"-1"',
    '"+1"',
    '" 1"',
    '"1 "',
    '"\\t1"',
    '"1\\n"',
    '"01"',
    '"1_0"',
    '"0x1"',
    '"0b1"',
    '"0o1"',
    '"1e3"',
    '"1.0"',
    '"1.5"',
    '"2147483648"',
    '"9999999999"',
    '"99999999999999999999"',
    '"\\u0661"',
    '"\\uff11"',
    '"1\\u0000"',
    '""',
    '"null"',
    '"NaN"',
    '"Infinity"',
    '"1,2"',
    '"1; drop table task"',
    'true',
    'false',
    'null',
    '[1]',
    '["1"]',
    '[]',
    '{}',
    '{"user_id":1}',
  ])('%s is nobody', async (json) => {
    await expect(verify(withId(json))).rejects.toBeInstanceOf(AuthenticationError);
  });

  test('sub is not used as the user id', async () => {
    const claims = goodClaims(PARTY, { user_id: undefined, sub: '7', id: 7 });
    await expect(verify(hs256(HEADER, claims, secret))).rejects.toMatchObject({
      reason: expect.stringContaining('JWT_USER_ID_CLAIM'),
    });
  });

  test('the claim has the name that was configured, and no other', async () => {
    const token = hs256(HEADER, goodClaims(PARTY, { sub: '9' }), secret);
    expect(await verifier('sub')(token)).toMatchObject({ userId: 9 });
    await expect(verifier('uid')(token)).rejects.toMatchObject({
      reason: expect.stringContaining('JWT_USER_ID_CLAIM'),
    });
  });

  test('a name that every object has is not a claim', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'length']) {
      expect(() => identityFromClaims(goodClaims(PARTY), name)).toThrow(AuthenticationError);
    }
  });
});

describe('email is a text of 3 to 320 characters, or not stated', () => {
  const withEmail = (email: unknown) => verify(hs256(HEADER, goodClaims(PARTY, { email }), secret));

  test.each(['a@b', 'x'.repeat(320), 'zoë@exämple.com', '用户@例子.中国', "o'brien@example.com"])(
    '%s is kept as it is',
    async (email) => {
      expect(await withEmail(email)).toMatchObject({ email });
    },
  );

  test.each([
    '',
    'ab',
    'x'.repeat(321),
    'a\0b@example.com',
    'a\ud800@example.com',
    1,
    true,
    ['a@b.c'],
    {},
  ])('%j is refused', async (email) => {
    await expect(withEmail(email)).rejects.toBeInstanceOf(AuthenticationError);
  });
});
