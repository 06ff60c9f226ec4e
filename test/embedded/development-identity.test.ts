/** Who signs the tokens of the embedded database, and what `npm start` says of it. */
import { expect, test } from 'vitest';
import { announce } from '../../src/announce.ts';
import { loadConfig } from '../../src/config.ts';
import { developmentIdentity } from '../../src/embedded/development-identity.ts';
import { signToken } from '../../src/identity/issuer.ts';
import { openVerifier } from '../../src/identity/open.ts';

const OWN_KEY = 'development-key-development-key-1234';
const ALICE = { userId: 1, email: 'alice@example.com', name: 'Alice' };
const ISSUER = { JWT_ISSUER: 'https://issuer.test', JWT_AUDIENCE: 'rowguard' };

const said = (env: Record<string, string>, token = ''): string => {
  const lines: string[] = [];
  const { verifier, issuer } = developmentIdentity(loadConfig(env), OWN_KEY);
  const demo = issuer ? [{ ...ALICE, token }] : [];
  announce({ url: 'http://127.0.0.1:5678', graphiql: true, demo, identity: verifier }, (line) =>
    lines.push(line),
  );
  return lines.join('\n');
};

test.each([{}, { ...ISSUER, JWT_SECRET: 'a-secret-of-ones-own-a-secret-of-ones-own' }])(
  'tokens signed here are accepted here, by the key that counts (%j)',
  async (env) => {
    const { verifier, issuer } = developmentIdentity(loadConfig(env), OWN_KEY);
    if (!issuer) throw new Error('there is an issuer');
    const token = await signToken(issuer, ALICE, 60);
    expect(await openVerifier(verifier, () => {})(token)).toMatchObject({ userId: 1 });
    expect(said(env, token)).toContain(`token  ${token}`);
  },
);

test('JWT_TYP and JWT_CLOCK_TOLERANCE count for the tokens that are made here', async () => {
  const env = { JWT_TYP: 'at+jwt', JWT_CLOCK_TOLERANCE: '7' };
  const { verifier, issuer } = developmentIdentity(loadConfig(env), OWN_KEY);
  if (!issuer) throw new Error('there is an issuer');
  expect(verifier).toMatchObject({ typ: 'at+jwt', clockTolerance: 7 });
  const verify = openVerifier(verifier, () => {});
  expect(await verify(await signToken(issuer, ALICE, 60))).toMatchObject({ userId: 1 });
  const other = await signToken({ ...issuer, typ: 'JWT' }, ALICE, 60);
  await expect(verify(other)).rejects.toMatchObject({ reason: 'typ is not JWT_TYP' });
});

test('JWT_SECRET takes the place of the development key: its tokens count no more', async () => {
  const { issuer } = developmentIdentity(loadConfig({}), OWN_KEY);
  if (!issuer) throw new Error('there is an issuer');
  const env = { ...ISSUER, JWT_SECRET: 'a-secret-of-ones-own-a-secret-of-ones-own' };
  const { verifier } = developmentIdentity(loadConfig(env), OWN_KEY);
  const token = await signToken(issuer, ALICE, 60);
  await expect(openVerifier(verifier, () => {})(token)).rejects.toMatchObject({ kind: 'invalid' });
});

test('with JWKS_URL nobody can sign here, and the announcement says where to sign in', () => {
  const env = { ...ISSUER, JWKS_URL: 'http://127.0.0.1:3000/api/auth/jwks' };
  expect(developmentIdentity(loadConfig(env), OWN_KEY).issuer).toBeUndefined();
  const text = said(env);
  expect(text).toContain('Tokens are signed by https://issuer.test');
  expect(text).toContain('http://127.0.0.1:3000/api/auth/jwks');
  expect(text).not.toContain('Alice');
});
