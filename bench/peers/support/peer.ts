/**
 * Shared by all Node peers: settings from stdin, token check, pool. The token check is Rowguard's with its
 * cache, so that no ratio depends on it.
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Pool, types } from 'pg';
import { bearerToken } from '../../../src/identity/bearer.ts';
import { openVerifier } from '../../../src/identity/open.ts';

export interface PeerSettings {
  readonly databaseUrl: string;
  readonly poolSize: number;
  /** Base64. */
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
  /** Variant of the peer. */
  readonly variant?: string;
}

export async function readSettings(): Promise<PeerSettings> {
  const lines = createInterface({ input: process.stdin });
  lines.once('close', () => process.exit(0));
  const [line] = await new Promise<[string]>((resolve) =>
    lines.once('line', (text) => resolve([text])),
  );
  return JSON.parse(line) as PeerSettings;
}

export function identify(settings: PeerSettings) {
  const verify = openVerifier(
    {
      key: Buffer.from(settings.secret, 'base64'),
      algorithms: ['HS256'],
      issuer: settings.issuer,
      audience: settings.audience,
      userIdClaim: 'user_id',
      maxAge: 24 * 3600,
    },
    () => {},
  );
  return (authorization: string | undefined) => verify(bearerToken(authorization));
}

export function openPool({ databaseUrl, poolSize }: PeerSettings): Pool {
  // Times stay text: parsing and formatting them costs twice as much as the query.
  types.setTypeParser(types.builtins.TIMESTAMPTZ, (text) => text);
  // Idle connections stay open while other peers are measured.
  return new Pool({ connectionString: databaseUrl, max: poolSize, idleTimeoutMillis: 0 });
}

export function serve(listener: RequestListener): void {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port));
}

export const listening = (port: number): void => console.log(`listening ${port}`);

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
