/**
 * docs/adding-a-table.md, followed block by block in a copy of the checkout with a database of its own:
 * what it says to type is typed, and what it says comes out comes out.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addMoreRows, addTutorialRows, MORE } from '../support/application.ts';
import { useCheckout } from '../support/checkout.ts';
import { ROOT, ready, runScript, type Started } from '../support/process.ts';
import { WHOLE_PROOFS } from '../support/proofs.ts';

const text = readFileSync(join(ROOT, 'docs/adding-a-table.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, body]) => body ?? '',
  );

const checkout = useCheckout(() => ({}));
const current = join(checkout.root, 'migrations/current.sql');
const committed = () => readdirSync(join(checkout.root, 'migrations/committed')).sort();
const [sql = ''] = blocks('sql');
const commands = blocks('sh').map((line) => line.trim());

let server: Started;
let url: string;
let alice: string;
let bob: string;

/** Types a line of the tutorial into a shell. */
function type(command: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const bin = join(ROOT, 'node_modules/.bin');
  const child = spawn('sh', ['-c', command.replace(/^npm run /, 'npm run --silent ')], {
    cwd: checkout.root,
    env: { PATH: `${bin}:${PATH}`, HOME },
  });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (out.stdout += chunk));
  child.stderr.on('data', (chunk) => (out.stderr += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...out })));
}

async function ask(token: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
  return (await response.json()) as any;
}

/** What the watcher said of the last save it has dealt with: what comes before `was run`, after the one before. */
const lastRun = (): string =>
  server
    .output()
    .split(/current\.sql was run.*\n/)
    .at(-2) ?? '';

beforeAll(async () => {
  expect(commands[0]).toBe('npm run dev');
  expect(JSON.parse(checkout.read('package.json')).scripts.dev).toBe(
    'exec node src/main.ts --watch',
  );
  server = runScript('src/main.ts', ['--watch'], {}, undefined, checkout.root, true);
  const started = await ready(server);
  url = started.url;
  [alice = '', bob = ''] = started.tokens;
  await server.until(/current\.sql was run/);
}, 120_000);
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.exit;
}, 60_000);

test('without its row level security it is not committed, and the doctor says what to add', {
  timeout: 120_000,
}, async () => {
  const [forgotten = ''] = blocks('sql forgotten');
  const [refusal = ''] = blocks('text refusal');
  const before = committed();
  writeFileSync(current, forgotten);
  // The watcher has said the same.
  await server.until(/RLS_OFF {2}public\.list/);
  const { code, stderr } = await type(commands[2] ?? '');
  expect(code).toBe(1);
  expect(stderr).toContain(refusal.trim());
  expect(committed()).toEqual(before);
});

test('saved as current.sql it is in the API, with nothing for the doctor to say', {
  timeout: 60_000,
}, async () => {
  // The refused commit has changed no file: the last run is the one with the finding.
  expect(lastRun()).toMatch(/RLS/);
  writeFileSync(current, sql);
  await expect.poll(lastRun, { timeout: 30_000 }).not.toMatch(/RLS|error|warning/);
});

test('each request of it has the answer that stands below it', { timeout: 60_000 }, async () => {
  const requests = blocks('graphql');
  const answers = blocks('json').map((body) => JSON.parse(body));
  expect(requests).toHaveLength(3);
  for (const [i, request] of requests.entries())
    expect(await ask(alice, request)).toEqual(answers[i]);

  expect(await ask(bob, '{ list(id: 1) { name } }')).toEqual({ data: { list: null } });
  const intrusion = requests[1] ?? '';
  const { errors } = await ask(bob, intrusion);
  expect({ code: errors[0].extensions.code, message: errors[0].message }).toEqual(answers[3]);
  // The same request is fine for the person whose list it is: Bob's was refused for being Bob's.
  expect((await ask(alice, intrusion)).errors).toBeUndefined();
});

test('a task stays when its list goes', { timeout: 60_000 }, async () => {
  const data = async (query: string) => (await ask(alice, query)).data;
  const { createList } = await data(
    'mutation { createList(input: { list: { name: "Short" } }) { list { id } } }',
  );
  const { id } = createList.list;
  const made = await data(
    `mutation { createTask(input: { task: { title: "Stays", listId: ${id} } }) { task { id } } }`,
  );
  await data(`mutation { deleteList(input: { id: ${id} }) { list { id } } }`);
  expect(await data(`{ task(id: ${made.createTask.task.id}) { title list { id } } }`)).toEqual({
    task: { title: 'Stays', list: null },
  });
});

test('a save that drops rows says so before it runs; what nothing makes again waits for another', {
  timeout: 120_000,
}, async () => {
  writeFileSync(current, `${sql}\nselect 'saved again';`);
  await server.until(/drops public\.list and makes it again: 1 row is lost\.\n[\s\S]*was run/);
  const lists = async () => (await ask(alice, '{ lists { totalCount } }')).data?.lists.totalCount;
  await expect.poll(lists, { timeout: 60_000 }).toBe(0);

  writeFileSync(current, 'alter table public.task drop column title;');
  await server.until(
    /drops the column title of public\.task: \d+ values are lost for good\.\nNot run yet\./,
  );
  expect((await ask(alice, '{ tasks { nodes { title } } }')).errors).toBeUndefined();
  writeFileSync(current, sql);
  await expect.poll(lastRun, { timeout: 60_000 }).toMatch(/Not run yet/);
});

test('the doctor is content, and the commit makes a file and renews the snapshots', {
  timeout: 120_000,
}, async () => {
  expect(commands.slice(1)).toEqual([
    'npm run doctor',
    'npm run db -- commit -m "lists"',
    'npm run db -- status',
    'npx vitest run test/app',
  ]);
  const doctor = await type(commands[1] ?? '');
  expect(doctor).toMatchObject({ code: 0, stdout: expect.not.stringContaining('list') });

  const before = committed();
  expect(await type(commands[2] ?? '')).toMatchObject({ code: 0 });
  const [file = ''] = committed().filter((name) => !before.includes(name));
  expect(text).toContain(`migrations/committed/${file.replace(/^\d{6}/, '<number>')}`);
  // Readable by everybody; graphile-migrate writes 0440.
  expect(statSync(join(checkout.root, 'migrations/committed', file)).mode & 0o777).toBe(0o644);
  expect(checkout.read(`migrations/committed/${file}`)).toContain(sql.trim());
  expect(readFileSync(current, 'utf8')).toBe(checkout.blank);
  expect(checkout.read('test/app/schema.graphql')).toContain('type List {');
  expect(checkout.read('test/app/schema.sql')).toContain('CREATE INDEX task_user_id_list_id_idx');

  const status = await type(commands[3] ?? '');
  expect(status).toMatchObject({ code: 0, stdout: blocks('text')[0] });
});

test('its edit of rows.ts is all that test/app needs, and so it is for the tables that come next', {
  timeout: 600_000,
}, async () => {
  addTutorialRows(checkout.root);
  // Tags, a join table, more columns, a view, a reference table, another owner column, a function.
  writeFileSync(current, MORE);
  const more = await type('npm run db -- commit -m "more"');
  expect(more.code, more.stderr).toBe(0);
  addMoreRows(checkout.root);
  const all = commands[4] ?? '';
  // The short form leaves out the matrix over these rows. That each thing has its row is proved.
  const [run, files] = WHOLE_PROOFS
    ? [await type(all), 5]
    : [await type(`${all}/complete ${all.split(' ').at(-1)}/snapshots`), 2];
  expect(run.code, run.stdout).toBe(0);
  expect(run.stdout).toMatch(new RegExp(`Test Files .*${files} passed`));
});
