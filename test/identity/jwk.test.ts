/** Which keys of a set may verify tokens. Each odd key stands beside a good one, which must survive it. */
import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { expect, test } from 'vitest';
import { ASYMMETRIC_ALGORITHMS, usableKeys } from '../../src/identity/jwk.ts';

const publicJwk = (pair: { publicKey: { export(options: { format: 'jwk' }): unknown } }): JWK =>
  pair.publicKey.export({ format: 'jwk' }) as JWK;
const ed25519 = generateKeyPairSync('ed25519');
const good = { ...publicJwk(ed25519), kid: 'good' };
const p256 = publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const rsa = publicJwk(generateKeyPairSync('rsa', { modulusLength: 2048 }));

const kids = async (...keys: unknown[]) =>
  (await usableKeys({ keys }, ASYMMETRIC_ALGORITHMS)).map(({ kid, alg }) => `${kid} ${alg}`);

test('a key serves every allowed algorithm of its type, or the one it states', async () => {
  expect(await kids(good)).toEqual(['good EdDSA', 'good Ed25519']);
  expect(await kids({ ...good, alg: 'EdDSA', use: 'sig', key_ops: ['verify'] })).toEqual([
    'good EdDSA',
  ]);
  expect(await kids({ ...p256, kid: 'p' })).toEqual(['p ES256']);
  expect(await kids({ ...rsa, kid: 'r', alg: 'PS256' })).toEqual(['r PS256']);
  expect(await usableKeys({ keys: [{ ...rsa, kid: 'r' }] }, ['RS256'])).toMatchObject([
    { kid: 'r', alg: 'RS256' },
  ]);
  expect(await usableKeys({ keys: [good] }, ['ES256'])).toEqual([]);
});

test.each<[string, unknown]>([
  ['private', ed25519.privateKey.export({ format: 'jwk' })],
  ['symmetric', { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I', alg: 'HS256' }],
  ['symmetric and called EdDSA', { ...good, kid: 'x', k: 'AAAA' }],
  ['for encryption', { ...publicJwk(ed25519), use: 'enc' }],
  ['for other operations', { ...publicJwk(ed25519), key_ops: ['sign', 'encrypt'] }],
  ['of an unknown type', { ...publicJwk(ed25519), kty: 'AKP' }],
  ['of no type', { ...publicJwk(ed25519), kty: undefined }],
  ['of an unknown curve', { ...publicJwk(ed25519), crv: 'Ed448' }],
  ['for key agreement', publicJwk(generateKeyPairSync('x25519'))],
  ['of a curve that is not its algorithm’s', { ...p256, alg: 'ES384' }],
  ['of a type that is not its algorithm’s', { ...rsa, alg: 'EdDSA' }],
  ['called HS256', { ...rsa, alg: 'HS256' }],
  ['called none', { ...publicJwk(ed25519), alg: 'none' }],
  ['without its coordinate', { ...publicJwk(ed25519), x: undefined }],
  ['with half its coordinate', { ...publicJwk(ed25519), x: publicJwk(ed25519).x?.slice(0, 20) }],
  ['with a point off its curve', { ...p256, y: p256.x }],
  ['named by a number', { ...publicJwk(ed25519), kid: 1 }],
  ['of 1024 bits', publicJwk(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
  ['of 100000 bits', { ...rsa, n: `${rsa.n}`.repeat(50) }],
  ['no object', 'key'],
  ['null', null],
  ['a list', [good]],
  ['empty', {}],
])('a key that is %s is left out, and the one beside it counts', async (_name, odd) => {
  expect(await kids(odd, { ...good, alg: 'EdDSA' })).toEqual(['good EdDSA']);
});

test('at most a hundred keys are looked at', async () => {
  const many = Array.from({ length: 150 }, (_, i) => ({ ...good, alg: 'EdDSA', kid: `${i}` }));
  expect(await kids(...many)).toHaveLength(100);
});

test('equal keys have equal ids, others do not', async () => {
  const id = async (jwk: JWK) => (await usableKeys({ keys: [jwk] }, ['EdDSA']))[0]?.id;
  const other = publicJwk(generateKeyPairSync('ed25519'));
  expect(await id(good)).toBe(await id({ ...good, x5c: ['AAAA'] }));
  expect(await id(good)).not.toBe(await id({ ...good, kid: 'other' }));
  expect(await id(good)).not.toBe(await id({ ...other, kid: 'good' }));
});
