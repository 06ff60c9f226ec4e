/** The image's files, without Docker: complete, readable for its user, and good for migrate and start. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { withClient } from '../../src/database/connect.ts';
import { buildImage, dockerfile, ROOT } from '../support/image.ts';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-image-')));
const name = `image_${randomBytes(6).toString('hex')}`;
const at = (url: string) => url.replace(/\/[^/]*$/, `/${name}`);

const asRoot = (sql: string) => withClient(inject('rootUrl'), (root) => root.query(sql));
beforeAll(async () => {
  chmodSync(directory, 0o755);
  buildImage(directory);
  // As a hosted one comes, with nothing of the embedded server's preparations.
  await asRoot(`create database ${name} owner todo_owner template template0`);
}, 60_000);
afterAll(async () => {
  await asRoot(`drop database ${name}`);
  rmSync(directory, { recursive: true, force: true });
});

const final = dockerfile().at(-1) ?? [];
const valuesOf = (instruction: string) =>
  final.filter(({ name }) => name === instruction).map(({ text }) => text);

/** As the image's user, with the image's settings and nothing of ours. */
function run(args: string[], env: Record<string, string>) {
  const image = Object.fromEntries(
    valuesOf('ENV').flatMap((text) =>
      text.split(' ').map((pair) => pair.split('=') as [string, string]),
    ),
  );
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawn(process.execPath, args, {
    cwd: directory,
    env: { ...image, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...nobody,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const exit = new Promise((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  return { child, exit, output: () => output };
}

test('it migrates, starts in production as somebody without rights, answers its own health check, and stops', async () => {
  const env = {
    AUTH_DATABASE_URL: at(inject('authenticatorUrl')),
    JWT_SECRET: randomBytes(24).toString('base64url'),
    JWT_ISSUER: 'https://sign-in.example.com',
    JWT_AUDIENCE: 'rowguard',
  };
  const migrate = run(['src/cli/db.ts', 'migrate'], {
    ...env,
    DATABASE_URL: at(inject('ownerUrl')),
  });
  expect([await migrate.exit, migrate.output()]).toEqual([
    0,
    expect.stringContaining('committed migrations'),
  ]);

  const command = JSON.parse(valuesOf('CMD')[0] ?? '') as string[];
  expect(command[0]).toBe('node');
  const server = run(command.slice(1), env);
  const url = () => /POST (http:\S+)\/graphql/.exec(server.output())?.[1] ?? '';
  try {
    await expect.poll(url, { timeout: 45_000, message: 'started' }).not.toBe('');
    // The first probe is given up after two seconds, as the orchestrator's would be, which asks again.
    const state = async () => (await fetch(`${url()}/readyz`)).json();
    await expect.poll(state, { timeout: 20_000 }).toEqual({ status: 'ready' });
    const [, check = ''] = /CMD (\[.*\])/.exec(valuesOf('HEALTHCHECK')[0] ?? '') ?? [];
    const probe = (port: string) =>
      run((JSON.parse(check) as string[]).slice(1), { PORT: port }).exit;
    expect(await probe(new URL(url()).port)).toBe(0);
    expect(await probe('1')).toBe(1);
  } finally {
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  }
  expect(server.output()).not.toContain('EACCES');
});

test('the Dockerfile: the pinned Node, two stages, no root, no embedded database, nothing that is not copied on purpose', () => {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(/^ARG NODE=(\d+\.\d+\.\d+)-/m.exec(text)?.[1]).toBe(dependencies.node);
  expect(text).not.toMatch(/:latest|^ADD |COPY \. |--mount=type=secret|PASSWORD|SECRET/m);
  expect(text).toMatch(/npm ci --omit=dev --omit=optional --ignore-scripts/);
  expect(valuesOf('USER')).toEqual(['node']);
  expect(valuesOf('CMD')).toHaveLength(1);
  expect(valuesOf('HEALTHCHECK')[0]).toContain('/livez');
  expect(valuesOf('RUN')).toEqual([]);
  // What is not let in by name stays out.
  const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
  expect(ignored).toContain('*');
  for (const stage of dockerfile()) {
    for (const { name, text } of stage) {
      if (name !== 'COPY' || text.startsWith('--from')) continue;
      for (const source of text.split(' ').slice(0, -1)) {
        expect(ignored, source).toContain(`!${source.split('/')[0]}`);
      }
    }
  }
});
