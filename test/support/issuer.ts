/** An issuer on a free loopback port: a real HTTP server with a key set, which tests can make misbehave. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll } from 'vitest';
import { goodClaims } from './tokens.ts';

export interface IssuerKey {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
  readonly alg: string;
}

export async function newKey(kid: string, alg = 'EdDSA'): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg }, privateKey, alg };
}

export const PARTY = { issuer: 'https://issuer.test', audience: 'rowguard-test' };

/** A good token for user 7 signed with `key`, as Better Auth makes them: no typ. */
export function sign(key: IssuerKey, claims: object = {}, kid = key.jwk.kid): Promise<string> {
  return new SignJWT(goodClaims(PARTY, claims))
    .setProtectedHeader({ alg: key.alg, ...(kid !== undefined && { kid }) })
    .sign(key.privateKey);
}

export interface TestIssuer {
  readonly url: URL;
  /** GETs of the key set so far. */
  fetches: number;
  /** What the key set is answered with. */
  answer: RequestListener;
  publish(...keys: (IssuerKey | JWK)[]): void;
  /** Takes the issuer off the network, and puts it back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export function useIssuer(): TestIssuer {
  let server: Server;
  let port = 0;
  const issuer: TestIssuer = {
    get url() {
      return new URL(`http://127.0.0.1:${port}/jwks`);
    },
    fetches: 0,
    answer: (_request, response) => response.end('{"keys":[]}'),
    publish(...keys) {
      const body = JSON.stringify({ keys: keys.map((key) => ('jwk' in key ? key.jwk : key)) });
      issuer.answer = (_request, response) => response.end(body);
    },
    async start() {
      server = createServer((request, response) => {
        issuer.fetches++;
        issuer.answer(request, response);
      });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      port = (server.address() as AddressInfo).port;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
  beforeAll(() => issuer.start());
  afterAll(() => issuer.stop());
  return issuer;
}
