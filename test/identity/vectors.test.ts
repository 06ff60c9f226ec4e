/**
 * The examples that the standards publish. Their signatures must be found good, or the rules are tried
 * on tokens that are refused for another reason; and all of them must be refused in the end: none names
 * an audience, says when it was issued, or ends later than 2011.
 */
import { compactVerify, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bearerToken } from '../../src/identity/bearer.ts';
import { usableKeys } from '../../src/identity/jwk.ts';
import { type KeySource, secretKey } from '../../src/identity/keys.ts';
import { createVerifier } from '../../src/identity/verifier.ts';

/** {"iss":"joe", "exp":1300819380, "http://example.com/is_root":true}, with the line breaks of RFC 7515. */
const JOE =
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

const secret = Buffer.from(
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'base64url',
);
const rsa: JWK = {
  kty: 'RSA',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  e: 'AQAB',
};
const ec: JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const ed: JWK = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

const A1 = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
const A2 = `eyJhbGciOiJSUzI1NiJ9.${JOE}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`;
const A3 = `eyJhbGciOiJFUzI1NiJ9.${JOE}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`;
const ED =
  'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';

/** A key source with one published key; no network is needed to look at a key. */
async function published(jwk: JWK, alg: string): Promise<KeySource> {
  const keys = (await usableKeys({ keys: [jwk] }, [alg])).map(({ key }) => key);
  return {
    version: 0,
    upToDate: () => undefined,
    find: async () => keys,
    renew: async () => false,
  };
}

const verifier = (keys: KeySource, alg: string) =>
  createVerifier(
    { algorithms: [alg], issuer: 'joe', audience: 'joe', userIdClaim: 'user_id', maxAge: 86_400 },
    keys,
  );

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_300_819_379_000 });
});
afterEach(() => vi.useRealTimers());

describe.each<[string, string, string, () => Promise<KeySource>]>([
  ['RFC 7515, A.1 (HS256)', A1, 'HS256', async () => secretKey(secret)],
  ['RFC 7515, A.2 (RS256)', A2, 'RS256', () => published(rsa, 'RS256')],
  ['RFC 7515, A.3 (ES256)', A3, 'ES256', () => published(ec, 'ES256')],
  ['RFC 8037, A.4 (Ed25519)', ED, 'EdDSA', () => published(ed, 'EdDSA')],
])('%s', (_name, token, alg, source) => {
  test('has a good signature under the published key', async () => {
    const [key] = await (await source()).find({ alg, kid: undefined });
    if (!key) throw new Error('the key is not usable');
    await expect(compactVerify(token, key)).resolves.toBeDefined();
  });

  test('is refused for its claims, not its signature', async () => {
    await expect(
      verifier(await source(), alg)(bearerToken(`Bearer ${token}`)),
    ).rejects.toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(/is missing$|^the payload is not/),
    });
  });

  test('is refused for its signature when one bit of that is changed', async () => {
    const changed = token.replace(/\.(.)([^.]*)$/, (_all, first, rest) => {
      return `.${first === 'A' ? 'B' : 'A'}${rest}`;
    });
    await expect(verifier(await source(), alg)(changed)).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'signature does not match any key',
    });
  });
});

test.each([
  ['RFC 7515, A.5, and RFC 7519, 6.1 (unsecured)', `eyJhbGciOiJub25lIn0.${JOE}.`],
  [
    'RFC 7797, 4.2 (detached, with crit)',
    'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY',
  ],
  [
    'RFC 7516, A.1 (encrypted), in form',
    'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA.AAAA.AAAA',
  ],
])('%s is refused before anything is parsed', (_name, token) => {
  expect(() => bearerToken(`Bearer ${token}`)).toThrow(
    expect.objectContaining({
      kind: 'invalid',
      reason: expect.stringContaining('not three base64url parts'),
    }),
  );
});

test('RFC 7797 with its payload in place is refused for its header', async () => {
  const token = `eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.${JOE}.A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY`;
  await expect(verifier(secretKey(secret), 'HS256')(token)).rejects.toMatchObject({
    reason: expect.stringContaining('crit in the header'),
  });
});
