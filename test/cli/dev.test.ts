/** `npm run dev` as a developer has it: saves of current.sql beside clients that go on asking. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signToken } from '../../src/identity/issuer.ts';
import { useCheckout } from '../support/checkout.ts';
import { useTestDatabase } from '../support/database.ts';
import { UNPROTECTED } from '../support/doctor.ts';
import { runScript, type Started } from '../support/process.ts';
import { UNLESS_BUSY } from '../support/retry.ts';

const database = useTestDatabase();
const secret = randomBytes(24).toString('base64url');
const env = () => ({
  DATABASE_URL: database.urls.owner,
  AUTH_DATABASE_URL: database.urls.authenticator,
  JWT_SECRET: secret,
  JWT_ISSUER: 'https://sign-in.example.com',
  JWT_AUDIENCE: 'rowguard',
  RATE_LIMIT_PER_MINUTE: '0',
});
const checkout = useCheckout(env);

let server: Started;
let url: string;
let token: string;

/** Milliseconds from `npm run dev` to an API with current.sql in it: the measure for a save. */
let startTook: number;

beforeAll(async () => {
  const began = performance.now();
  server = startDev();
  [, url = ''] = await server.until(/POST (http:\S+)\/graphql/);
  await server.until(/current\.sql was run/);
  startTook = performance.now() - began;
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = env();
  token = await signToken(
    { secret: new TextEncoder().encode(secret), issuer, audience, userIdClaim: 'user_id' },
    { userId: 31, email: 'dev@example.com' },
    600,
  );
}, 120_000);

/** Not ended after the first test, as other processes are. */
function startDev(): Started {
  return runScript('src/main.ts', ['--watch'], env(), undefined, checkout.root, true);
}
afterAll(async () => {
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);
});

async function ask(query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
  return { status: response.status, body: (await response.json()) as any };
}

/** Saves, and waits until this query has a value; the milliseconds it took. */
async function saveAndAsk(sql: string, query: string): Promise<number> {
  const began = performance.now();
  checkout.save(sql);
  while (!(await ask(query)).body.data) {
    if (performance.now() - began > 30_000) throw new Error(server.output());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - began;
}

const returning = (name: string, value: number) => `
create or replace function public.${name}() returns integer language sql stable return ${value};
comment on function public.${name}() is 'A number.';
grant execute on function public.${name}() to todo_user;`;

// The best of a few saves, as a part of a start: other test files run beside this one. Alone a save takes less than a
// second and a start more than two.
const PART_OF_A_START = 0.6;
let saves = 0;
test('a save is in the running API much sooner than after a start', UNLESS_BUSY, async () => {
  const bound = startTook * PART_OF_A_START;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 6 && best >= bound; i++) {
    // Letters only, so that it is the same in the API; a new one each time, and in each try.
    const name = `save${'abcdefghijklmnopqr'[saves++]}`;
    expect((await ask(`{ ${name} }`)).status).toBe(400);
    best = Math.min(best, await saveAndAsk(returning(name, i), `{ ${name} }`));
  }
  console.log(`start ${startTook.toFixed(0)} ms, save ${best.toFixed(0)} ms`);
  expect(best).toBeLessThan(bound);
});

test('no request is dropped while the API changes', { timeout: 60_000 }, async () => {
  let asking = true;
  const statuses: number[] = [];
  const clients = Array.from({ length: 3 }, async () => {
    while (asking) {
      const { status, body } = await ask('{ me { id tasks { totalCount } } }');
      statuses.push(body.data?.me?.id === 31 ? status : -1);
    }
  });
  for (const name of ['meanwhile', 'meantime']) {
    const before = statuses.length;
    await saveAndAsk(returning(name, 1), `{ ${name} }`);
    expect(statuses.length).toBeGreaterThan(before + 10);
  }
  asking = false;
  await Promise.all(clients);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('GraphiQL gets the message to fetch the schema again', async () => {
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  const stop = new AbortController();
  const stream = await fetch(`${url}/graphql/stream`, { signal: stop.signal });
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  await saveAndAsk(returning('told', 2), '{ told }');
  let text = '';
  while (!text.includes('event: change')) text += (await reader?.read())?.value ?? '';
  stop.abort();
});

test('an error is shown where it is, the API goes on, and the next save is tried', async () => {
  await saveAndAsk(returning('before', 3), '{ before }');
  const line = checkout.blank.split('\n').length + 1;
  checkout.save('\nselect nothing from nowhere;');
  const shown = await server.until(/(migrations\/current\.sql:\d+:\d+): (.*)\n([\s\S]*?)\^/);
  expect(shown[1]).toBe(`migrations/current.sql:${line}:21`);
  expect(shown[2]).toBe('relation "nowhere" does not exist (42P01)');
  expect(shown[3]).toContain('select nothing from nowhere;');
  expect((await ask('{ before }')).body).toEqual({ data: { before: 3 } });

  await saveAndAsk(returning('after', 4), '{ after }');
});

test('an error without a position is shown at the statement that fails', async () => {
  checkout.save(`
create or replace function public.semicolons() returns text language sql stable
begin atomic
  select case when true then 'a;b' end;
end;
comment on function public.semicolons() is 'It''s; ok';
do $$ begin perform 1; end $$; /* ; */
create table public.task (id integer);`);
  const line = checkout.blank.split('\n').length + 8 - 1;
  await server.until(
    new RegExp(`migrations/current\\.sql:${line}:1: relation "task" already exists \\(42P07\\)`),
  );
});

test('what a constraint says is what its comment says now', async () => {
  const create = 'mutation { createTask(input: { task: { title: " " } }) { task { id } } }';
  const sentence = async () => (await ask(create)).body.errors[0].message;
  expect(await sentence()).toBe('title must not be blank.');
  await saveAndAsk(
    `comment on constraint task_title_not_blank on public.task is 'Say what is to be done';${returning('reworded', 5)}`,
    '{ reworded }',
  );
  expect(await sentence()).toBe('Say what is to be done.');
});

test('an unsafe table is reported, and the server goes on', async () => {
  await saveAndAsk(
    `drop table if exists public.secret;${UNPROTECTED};${returning('unsafe', 6)}`,
    '{ unsafe }',
  );
  await server.until(
    /error {2}RLS_OFF {2}public\.secret\n.*\n {2}fix: alter table public\.secret enable/,
  );
});

test('an update that row level security would let touch nothing is an error that says how to fix it', async () => {
  checkout.save("update public.task set title = 'everybody';");
  await server.until(/row-level security policy for table "task"[\s\S]*?docs\/conventions\.md/);
});

test('npm run dev is refused in production', async () => {
  const refused = runScript(
    'src/main.ts',
    ['--watch'],
    { ...env(), NODE_ENV: 'production' },
    undefined,
    checkout.root,
  );
  expect(await refused.exit).toBe(1);
  expect(refused.output()).toContain('npm run dev changes the database at every save');
});
