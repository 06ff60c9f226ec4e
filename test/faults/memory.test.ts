/** One person sends documents, people and variables that never repeat: the process lives, in a small heap. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { signToken } from '../../src/identity/issuer.ts';
import { useTestDatabase } from '../support/database.ts';
import { largeDocument, shapedRequest } from '../support/flood.ts';
import { runScript } from '../support/process.ts';
import { WHOLE_PROOFS } from '../support/proofs.ts';

const database = useTestDatabase();

/** Megabytes. The server has 47 before the first request. */
const HEAP = WHOLE_PROOFS ? 120 : 110;
/** Of the whole process: the heap and what is beside it. */
const MOST_RESIDENT = 300;

/** Two megabytes each (test/soak/weigh.ts). Together with the server they are more than the heap. */
const DOCUMENTS = WHOLE_PROOFS ? 44 : 34;

test('documents, people and variables that never repeat do not fill the memory', async () => {
  const secret = randomBytes(32).toString('base64url');
  const party = {
    issuer: 'https://issuer.test',
    audience: 'rowguard-test',
    userIdClaim: 'user_id',
  };
  const server = runScript('src/main.ts', [], {
    NODE_OPTIONS: `--max-old-space-size=${HEAP}`,
    AUTH_DATABASE_URL: database.urls.authenticator,
    JWT_SECRET: secret,
    JWT_ISSUER: party.issuer,
    JWT_AUDIENCE: party.audience,
    RATE_LIMIT_PER_MINUTE: '0',
    LOG_LEVEL: 'warn',
  });
  const [, url] = await server.until(/POST (http:\S+)\/graphql/);
  const key = new TextEncoder().encode(secret);
  const tokenOf = (userId: number) =>
    signToken({ ...party, secret: key }, { userId, email: `flood${userId}@example.com` }, 600);
  const ask = async (token: string, body: object): Promise<number> => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const { data } = (await answer.json()) as { data?: object };
    expect(data).toBeDefined();
    return answer.status;
  };
  const one = await tokenOf(1);
  for (let n = 0; n < DOCUMENTS; n++) await ask(one, { query: largeDocument(n) });
  for (let n = 0; n < 100; n++) await ask(one, shapedRequest(n));
  const others = Array.from({ length: 150 }, (_, i) => i + 2);
  for (const id of others) await ask(await tokenOf(id), { query: '{ me { id } }' });
  expect(await ask(one, { query: '{ me { id } }' })).toBe(200);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const resident = Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) / 2 ** 20;
  console.log(`resident after the flood: ${resident.toFixed(0)} MB`);
  expect(resident).toBeLessThan(MOST_RESIDENT);
});
