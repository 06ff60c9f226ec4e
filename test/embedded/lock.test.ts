/** Who counts as the holder of a data directory that answers with nothing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { livingHolder } from '../../src/embedded/lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'rowguard-lock-'));
const file = join(directory, 'running.json');
/** Takes connections and says nothing: a holder that is busy, or a program that was given a dead one's port. */
const silent = createServer();
beforeAll(() => new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  await new Promise((resolve) => silent.close(resolve));
  rmSync(directory, { recursive: true });
});

const holderOf = (pid: number) => {
  const { port } = silent.address() as AddressInfo;
  writeFileSync(file, JSON.stringify({ pid, lockPort: port, nonce: 'n' }));
  return livingHolder(file);
};

test('one whose process is there is alive, however busy', async () => {
  expect(await holderOf(process.pid)).toMatchObject({ pid: process.pid });
});

test('one whose process is gone is not, whoever has its port by now', async () => {
  expect(await holderOf(spawnSync(process.execPath, ['--version']).pid)).toBeUndefined();
});
