/** kill -9, of everything in turn: what was acknowledged is there afterwards. */
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { loadSecrets, loadState } from '../../src/embedded/files.ts';
import { embeddedUrls } from '../../src/embedded/urls.ts';
import { stoppedDatabase } from '../support/made.ts';
import { postmaster, ready, type Started, start } from '../support/process.ts';
import { Writer } from '../support/writer.ts';

/** The process ids of the server's own backends. */
async function backendsOf(directory: string): Promise<number[]> {
  const data = join(directory, 'data');
  const { root } = embeddedUrls(loadSecrets(data, true), loadState(data).postgresPort ?? 0);
  const client = new Client({ connectionString: root });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'rowguard'",
  );
  await client.end();
  return rows.map(({ pid }) => pid);
}

const times = (started: Started, pattern: RegExp) => [...started.output().matchAll(pattern)].length;

test('writes that were acknowledged survive kill -9 of a backend, of the database and of the server', async () => {
  const directory = await stoppedDatabase();
  const first = start(directory);
  const { url, tokens } = await ready(first);
  const writer = new Writer(url, tokens[0] ?? '');
  const enough = (count: number) =>
    expect.poll(() => writer.acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(count);

  writer.run();
  await enough(20);
  // One backend that dies so takes all the others with it, while the database recovers.
  const [backend] = await backendsOf(directory);
  if (!backend) throw new Error('no backend'); // 0 would be our own process group
  process.kill(backend, 'SIGKILL');
  await enough(writer.acknowledged.size + 20);

  const killed = postmaster(directory);
  process.kill(killed, 'SIGKILL');
  await first.until(/running again/);
  await enough(writer.acknowledged.size + 20);
  expect(times(first, /ended unexpectedly/g)).toBe(1);
  expect(postmaster(directory)).not.toBe(killed);

  first.child.kill('SIGKILL');
  await first.exit;
  await writer.stop();

  const second = start(directory);
  const again = await ready(second);
  const stored = await writer.stored(again.url);
  const lost = [...writer.acknowledged].filter((title) => !stored.includes(title));
  expect(lost).toEqual([]);
  expect(stored.filter((title) => !writer.attempted.has(title))).toEqual([]);
  // Nothing was done twice.
  expect(new Set(stored).size).toBe(stored.length);
  const { 200: good, '503 UNAVAILABLE': notNow, ...rest } = Object.fromEntries(writer.outcomes);
  expect(good).toBe(writer.acknowledged.size);
  expect(notNow).toBeGreaterThan(0);
  // When the server was killed; nothing was ever an error of another kind.
  expect(Object.keys(rest).filter((outcome) => outcome !== 'no answer')).toEqual([]);

  second.child.kill('SIGTERM');
  expect(await second.exit).toBe(0);
}, 120_000);
