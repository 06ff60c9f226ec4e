/** What an operator sees of requests, and what they must never see; as the process itself writes it. */
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { type Production, startProduction } from '../support/production.ts';
import { goodClaims, HEADER, hs256 } from '../support/tokens.ts';

const database = useTestDatabase();

const who = randomInt(100_000, 2_000_000_000);

async function send(
  server: Production,
  body: object | string,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await server.token(who)}`,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  await response.text();
  return response;
}

/** The log's objects; a line that is no JSON fails the test. */
const entries = (server: Production) =>
  server
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const entryOf = async (server: Production, requestId: string) => {
  const find = () => entries(server).find((entry) => entry.requestId === requestId);
  await expect.poll(find).toBeDefined();
  return find();
};

const CREATE =
  'mutation AddTask($title: String!) { createTask(input: {task: {title: $title}}) { task { id } } }';

test('each request is one JSON object: who, what, how long, how it ended', async () => {
  const server = await startProduction(database);
  const variables = { title: 'x' };
  await send(server, { query: CREATE, variables }, { 'x-request-id': 'mine-1' });
  expect(await entryOf(server, 'mine-1')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    msg: 'request',
    requestId: 'mine-1',
    method: 'POST',
    path: '/graphql',
    status: 200,
    outcome: 'ok',
    durationMs: expect.any(Number),
    userId: who,
    kind: 'mutation',
    operation: 'AddTask',
    executor: 'compiled',
  });

  const cases: [
    body: object | string,
    headers: Record<string, string>,
    status: number,
    outcome: string,
  ][] = [
    [{ query: '{ me { id } }' }, { authorization: '' }, 401, 'UNAUTHENTICATED'],
    [{ query: '{ nope }' }, {}, 400, 'BAD_USER_INPUT'],
    ['{', {}, 400, 'BAD_USER_INPUT'],
    [{ query: CREATE, variables: { title: '' } }, {}, 200, 'BAD_USER_INPUT'],
    [{ query: '{ me { id } }' }, {}, 200, 'ok'],
  ];
  for (const [i, [body, headers, status, outcome]] of cases.entries()) {
    const id = `case-${i}`;
    expect(
      (await send(server, body, { ...headers, 'x-request-id': id })).headers.get('x-request-id'),
    ).toBe(id);
    expect(await entryOf(server, id)).toMatchObject({ status, outcome });
  }
  // An id that could hide something is replaced.
  const long = await send(server, { query: '{ me { id } }' }, { 'x-request-id': 'x'.repeat(65) });
  expect(long.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);
});

test('the entry of a refused token says why, and the settings count that it names', async () => {
  const server = await startProduction(database, {
    JWT_TYP: 'at+jwt',
    JWT_CLOCK_TOLERANCE: '0',
    KEEP_ALIVE_MS: '7000',
  });
  const party = { issuer: 'https://sign-in.example.com', audience: 'rowguard' };
  const key = Buffer.from(server.secret);
  const typed = { ...HEADER, typ: 'at+jwt' };
  const bearer = (change: object, header: object = typed) =>
    `Bearer ${hs256(header, goodClaims(party, change), key)}`;
  const seconds = Math.floor(Date.now() / 1000);
  const cases: [authorization: string, refused: unknown][] = [
    [bearer({}), undefined],
    ['', 'no Authorization header'],
    ['Basic x', 'the Authorization header is not "Bearer" and one token'],
    [bearer({}, HEADER), 'typ is not JWT_TYP'],
    [bearer({ aud: 'canary' }), 'aud is not JWT_AUDIENCE'],
    [bearer({ exp: seconds - 9 }), expect.stringMatching(/^expired \d+ s ago$/)],
    [`${bearer({})}A`, 'signature does not match any key'],
  ];
  for (const [i, [authorization, refused]] of cases.entries()) {
    const id = `refused-${i}`;
    const sent = await send(
      server,
      { query: '{ me { id } }' },
      { authorization, 'x-request-id': id },
    );
    expect(sent.headers.get('keep-alive')).toBe('timeout=7');
    expect((await entryOf(server, id)).refused).toEqual(refused);
  }
  // In production the terminal is the log: nothing explains each reason once more.
  expect(server.output()).not.toContain('Fix:');
});

test('no token, secret, password or text of a task is ever logged', async () => {
  const server = await startProduction(database, {
    LOG_LEVEL: 'debug',
    METRICS_TOKEN: 'canary-metrics',
  });
  const canary = 'canary-7f3a';
  const good = await server.token(who);
  await send(server, { query: CREATE, variables: { title: `${canary} title` } });
  await send(server, {
    query: `mutation { createTask(input: {task: {title: "${canary}"}}) { nope } }`,
  });
  await send(server, { query: CREATE, variables: { title: canary.repeat(50) } });
  await send(server, { query: CREATE, variables: { title: { [canary]: canary } } });
  await send(server, `{"query": "${canary}`);
  await send(server, { query: '{ me { id } }' }, { authorization: `Bearer ${canary}` });
  await send(
    server,
    { query: '{ me { id } }' },
    { authorization: canary, cookie: canary, 'x-secret': canary },
  );
  await fetch(`${server.url}/graphql?token=${canary}`, {
    headers: { authorization: `Basic ${canary}` },
  });
  await fetch(`${server.url}/${canary}`);
  // An error that only the log is told of.
  await database.privileged.query('revoke select on public.task from todo_user');
  try {
    await send(server, {
      query: '{ tasks(condition: {search: "canary-7f3a"}) { nodes { title } } }',
    });
    const variables = { title: `${canary} again` };
    await send(server, { query: CREATE, variables }, { 'x-request-id': 'hidden' });
  } finally {
    await database.privileged.query('grant select on public.task to todo_user');
  }
  await fetch(`${server.url}/livez`, { headers: { 'x-request-id': 'last' } });
  await entryOf(server, 'last');

  const { errorId } = await entryOf(server, 'hidden');
  expect(errorId).toMatch(/^[0-9a-f-]{36}$/);
  expect(entries(server)).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      msg: expect.stringMatching(`^${errorId} [^]*permission`),
    }),
  );
  const output = server.output();
  // The control: these requests, and the hidden error, are in there.
  expect(entries(server).filter(({ msg }) => msg === 'request').length).toBe(12);
  expect(output).toContain('permission denied');
  const password = new URL(database.urls.authenticator).password;
  for (const secret of [
    canary,
    good,
    good.split('.')[2] ?? '',
    server.secret,
    password,
    'canary-metrics',
  ]) {
    expect(secret).not.toBe('');
    expect(output).not.toContain(secret);
  }
});

test('a level keeps what is below it out', async () => {
  const server = await startProduction(database, { LOG_LEVEL: 'info' });
  await fetch(`${server.url}/livez`, { headers: { 'x-request-id': 'probe' } });
  await send(server, { query: '{ me { id } }' }, { 'x-request-id': 'request' });
  await entryOf(server, 'request');
  expect(server.output()).not.toContain('probe');
});
