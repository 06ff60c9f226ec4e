/**
 * Weighs what the caches keep: `node --expose-gc --max-old-space-size=2048 test/soak/weigh.ts`. Prints the bytes
 * of live objects beside the estimate that the cache counts with, for documents of several shapes, for tokens
 * and people. The constants of plan-budget.ts, token-cache.ts and users.ts come from it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse } from 'postgraphile/graphql';
import { Users } from '../../src/accounts/users.ts';
import { createPool } from '../../src/database/pool.ts';
import { measure } from '../../src/graphql/execution/measure.ts';
import { planBytes } from '../../src/graphql/execution/plan-budget.ts';
import { signToken } from '../../src/identity/issuer.ts';
import { TokenCache } from '../../src/identity/token-cache.ts';
import { startServer } from '../../src/server.ts';
import { largeDocument, shapedRequest } from '../support/flood.ts';
import { Target } from './target.ts';

const { gc } = globalThis;
if (!gc) throw new Error('run with --expose-gc');
/** Few enough that the cache drops none. */
const COPIES = 20;
const MAX_PAGE_SIZE = 200;
const PERSON = 4000;

const database = new Target();
await database.start();
const issuer = {
  secret: new Uint8Array(32),
  issuer: 'https://soak.test',
  audience: 'rowguard-soak',
  userIdClaim: 'user_id',
};
const server = await startServer({
  production: false,
  host: '127.0.0.1',
  port: 0,
  authenticatorUrl: database.authenticatorUrl,
  identity: { ...issuer, key: issuer.secret, algorithms: ['HS256'], maxAge: 3600 },
  poolSize: 2,
  poolWaitMs: 10_000,
  statementTimeoutMs: 10_000,
  adaptor: 'one-round-trip',
  preparedStatements: true,
  executor: 'compiled',
  shutdownGraceMs: 1000,
  maxPageSize: MAX_PAGE_SIZE,
  graphiqlAccounts: undefined,
  log: console.log,
});
const token = await signToken(issuer, { userId: PERSON, email: 'weigh@example.com' }, 3600);
const schema = buildSchema(
  readFileSync(join(import.meta.dirname, '../app/schema.graphql'), 'utf8'),
);

async function ask(query: string, variables: object = {}): Promise<void> {
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await answer.json()) as { data?: object; errors?: object };
  if (!data) throw new Error(JSON.stringify(errors));
}

async function live(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Live bytes per thing that `work` adds `count` times. */
async function weigh(count: number, work: (n: number) => Promise<void> | void): Promise<number> {
  const before = await live();
  for (let n = 0; n < count; n++) await work(n);
  return ((await live()) - before) / count;
}

const FIELDS = ['id', 'title', 'description', 'completed', 'createdAt', 'updatedAt'];
const onlyShaped = (n: number): Record<string, unknown> => shapedRequest(n).variables;
const shapes: Record<string, (n: number) => string> = {
  'one small object': (n) => `{ a${n}: me { id } }`,
  'a page': (n) => `{ a${n}: tasks(first: 20) { nodes { ${FIELDS.join(' ')} } } }`,
  'a page with conditions': (n) =>
    `{ a${n}: tasks(first: 20, orderBy: [TITLE_ASC], condition: {completed: false, search: "x${n}"}) { totalCount pageInfo { hasNextPage endCursor } nodes { ${FIELDS.join(' ')} } } }`,
  'five pages': (n) =>
    `{ ${Array.from({ length: 5 }, (_, i) => `a${n}_${i}: tasks(first: 20) { nodes { ${FIELDS.join(' ')} } }`).join(' ')} }`,
  'fifteen pages, 5 kB': largeDocument,
  'a page in a page in a page': (n) =>
    `{ a${n}: tasks(first: 9) { nodes { user { tasks(first: 9) { nodes { user { tasks(first: 9) { nodes { ${FIELDS.join(' ')} } } } } } } } } }`,
  'one page, 200 fields': (n) =>
    `{ a${n}: tasks(first: 20) { ${'nodes { ...f ...g } '.repeat(20)} } } fragment f on Task { ${FIELDS.join(' ')} } fragment g on Task { id title }`,
  'one hundred orders': (n) =>
    `{ a${n}: tasks(orderBy: [${Array.from({ length: 100 }, () => 'TITLE_ASC').join(', ')}]) { nodes { id } } }`,
  'a write': (n) =>
    `mutation { a${n}: createTask(input: {task: {title: "x"}}) { task { ${FIELDS.join(' ')} } } }`,
};

console.log('bytes live and estimated, for each document');
for (const [name, text] of Object.entries(shapes)) {
  await ask(text(999));
  const bytes = await weigh(COPIES, async (n) => {
    for (let i = 0; i < 2; i++) await ask(text(n));
  });
  report(name, bytes, text(1));
}
const shaped = (n: number): string => shapedRequest(0).query.replace('tasks(', `a${n}: tasks(`);
await ask(shaped(999), onlyShaped(1));
report(
  'a page with six variables, in 32 shapes',
  await weigh(COPIES, async (n) => {
    for (let i = 0; i < 32; i++) await ask(shaped(n), onlyShaped(i));
  }),
  shaped(1),
);
await server.stop();

function report(name: string, bytes: number, text: string): void {
  const document = parse(text);
  const size = measure(document, schema, MAX_PAGE_SIZE);
  const estimate = planBytes(text, document, size);
  const { lists, selections } = size;
  console.log(
    `${name}: ${bytes.toFixed(0)} live, ${estimate} estimated (${(estimate / bytes).toFixed(1)} times); ` +
      `${lists} lists, ${selections} fields, ${text.length} characters`,
  );
}

const later = Date.now() / 1000 + 3600;
const tokens = new TokenCache();
tokens.get('', 0);
const identityOf = (userId: number) => ({
  userId,
  email: `person${userId}@example.com`,
  issuedAt: 1_700_000_000 + userId,
  expiresAt: later,
});
const ofToken = await weigh(10_000, (n) => tokens.set(`token ${n}`, 0, identityOf(n), later));
console.log(`a token: ${ofToken.toFixed(0)} live (${tokens.size} kept)`);

const pool = createPool({
  connectionString: database.authenticatorUrl,
  size: 1,
  waitMs: 10_000,
  log: console.log,
});
await pool.query('select 1');
const users = new Users(pool, console.log);
const ofPerson = await weigh(5000, (n) => users.ensure(identityOf(10_000 + n)));
console.log(`a person: ${ofPerson.toFixed(0)} live`);
await users.ensure(identityOf(10_000));
await pool.end();
await database.end('SIGTERM');
database.remove();
