/** What a server does about an unsafe database before it listens, and while it serves. */
import { afterEach, expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server.ts';
import { useTestDatabase } from '../support/database.ts';
import { mend, UNPROTECTED } from '../support/doctor.ts';
import { testIssuer, testServerOptions } from '../support/server.ts';

const database = useTestDatabase();

/** In production, only its holder is told the codes. */
const TOKEN = 'operator-token-of-the-test';

const logged: string[] = [];
let server: RunningServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
  logged.length = 0;
  await database.owner.query('drop table if exists public.secret');
});

async function start(change: Partial<ServerOptions>): Promise<RunningServer> {
  server = await startServer({
    ...testServerOptions(database, testIssuer()),
    production: true,
    metricsToken: TOKEN,
    graphiqlAccounts: undefined,
    log: (line) => logged.push(line),
    ...change,
  });
  return server;
}

const refusal = (change: Partial<ServerOptions> = {}): Promise<unknown> =>
  start(change).then(
    () => 'started',
    (error: unknown) => error,
  );

async function ready(
  authorization = `Bearer ${TOKEN}`,
): Promise<{ status: number; retryAfter: string | null; body: unknown }> {
  const response = await fetch(`${server?.url}/readyz`, { headers: { authorization } });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, body: await response.json() };
}

/** A probe goes by the last verdict while the doctor needs longer than a second, as on a busy machine. */
const becomes = (answer: unknown) =>
  expect.poll(() => ready(), { timeout: 60_000 }).toEqual(answer);

test('in production a server refuses a table without row level security, and starts once it is fixed', async () => {
  await database.owner.query(UNPROTECTED);
  const error = await refusal();
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as OperatorError).message).toContain('RLS_OFF public.secret');
  expect((error as OperatorError).fix).toContain('npm run doctor');

  await mend(database.owner);
  await start({});
  const findings = ['schema changed by hand'];
  await becomes({
    status: 200,
    retryAfter: null,
    body: { status: 'ready', findings },
  });
});

test('in production a server refuses to run as the owner or as a superuser', async () => {
  const asOwner = await refusal({ authenticatorUrl: database.urls.owner });
  expect((asOwner as OperatorError).message).toContain('LOGIN_OWNER todo_owner');
  const asRoot = await refusal({ authenticatorUrl: database.urls.root });
  expect((asRoot as OperatorError).message).toContain('LOGIN_SUPERUSER postgres');
});

test('in development the same table is a line in the log', async () => {
  await database.owner.query(UNPROTECTED);
  await start({ production: false });
  expect(logged).toContain(
    'doctor: error RLS_OFF public.secret: Row level security is off on public.secret.',
  );
  await becomes({
    status: 200,
    retryAfter: null,
    body: { status: 'ready', findings: ['RLS_OFF', 'schema changed by hand'] },
  });
});

test('a production server is not ready once a table without row level security appears', async () => {
  await start({});
  await database.owner.query(UNPROTECTED);
  await becomes({
    status: 503,
    retryAfter: '5',
    body: { status: 'unavailable', reasons: ['doctor: RLS_OFF'] },
  });
  expect(JSON.stringify(await ready('Bearer another'))).not.toContain('RLS_OFF');
});

test('in production a server refuses a database that lost the rights of todo_user, and names them', async () => {
  await database.owner.query('revoke all on all tables in schema public from todo_user');
  const error = await refusal();
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as OperatorError).message).toContain('GRANT_MISSING public.task');
  expect((error as OperatorError).message).toContain('GRANT_MISSING public."user"');
});
