/** The main job: `npm start` on a machine with nothing but Node. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  alive,
  LIST,
  postmaster,
  query,
  ready,
  start,
  temporaryDirectory,
} from '../support/process.ts';

const root = process.getuid?.() === 0;
describe('a first start', () => {
  test('gives two people an API in which neither can see the other, and survives restarts', async () => {
    const directory = temporaryDirectory();
    const first = start(directory);
    const { url, tokens } = await ready(first);
    const [alice, bob] = tokens;
    expect(tokens).toHaveLength(2);

    const hers = await query(url, alice, LIST);
    const his = await query(url, bob, LIST);
    expect(hers.data.tasks.nodes).toHaveLength(3);
    expect(his.data.tasks.nodes).toHaveLength(2);
    const id = hers.data.tasks.nodes[0].id;
    expect(await query(url, bob, `{ task(id: ${id}) { title } }`)).toEqual({
      data: { task: null },
    });
    expect(await query(url, alice, `{ task(id: ${id}) { title } }`)).toEqual({
      data: { task: { title: hers.data.tasks.nodes[0].title } },
    });
    await query(
      url,
      alice,
      'mutation { createTask(input: {task: {title: "Survive"}}) { task { id } } }',
    );

    for (const file of ['secrets.json', 'state.json', 'postgres.log']) {
      expect(statSync(join(directory, 'data', file)).mode & 0o777, file).toBe(0o600);
    }
    const database = postmaster(directory);
    if (root) expect(statSync(`/proc/${database}`).uid).not.toBe(0);

    first.child.kill('SIGINT');
    first.child.kill('SIGINT'); // npm hands on what the terminal has sent already
    expect(await first.exit).toBe(0);
    expect(alive(database)).toBe(false);

    // As an initdb leaves it that went on after its start was killed.
    const draft = join(directory, 'data/postgres.new-left');
    mkdirSync(join(draft, 'base'), { recursive: true });
    const second = start(directory);
    const again = await ready(second);
    expect(existsSync(draft)).toBe(false);
    const after = await query(again.url, again.tokens[0], LIST);
    expect(after.data.tasks.nodes.map((task: { title: string }) => task.title)).toEqual([
      'Survive',
      ...hers.data.tasks.nodes.map((task: { title: string }) => task.title),
    ]);
    expect(second.output()).not.toContain('First start');
    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
  });

  test('interrupted while it makes the database leaves nothing that stops the next one', async () => {
    const directory = temporaryDirectory();
    const killed = start(directory);
    const drafts = () =>
      readdirSync(join(directory, 'data')).filter((name) => name.startsWith('postgres.new-'));
    await killed.until(/First start/);
    // Not before initdb writes: it outlives the kill, and goes on beside the next start.
    const begun = () => drafts().some((name) => existsSync(join(directory, 'data', name, 'base')));
    await expect.poll(begun, { interval: 5, timeout: 20_000 }).toBe(true);
    killed.child.kill('SIGKILL');
    await killed.exit;
    const next = start(directory);
    const { url, tokens } = await ready(next);
    expect((await query(url, tokens[0], LIST)).data.tasks.nodes).toHaveLength(3);
  });

  test.runIf(root)('works as an ordinary user too', async () => {
    const directory = temporaryDirectory();
    const nobody = { uid: 65_534, gid: 65_534 };
    chownSync(directory, nobody.uid, nobody.gid);
    const started = start(directory, {}, nobody);
    const { url, tokens } = await ready(started);
    expect((await query(url, tokens[1], LIST)).data.tasks.nodes).toHaveLength(2);
    expect(statSync(join(directory, 'data/postgres')).uid).toBe(nobody.uid);
  });

  test.runIf(root)(
    'as root, where PostgreSQL may not enter, puts the files where it may',
    async () => {
      const directory = temporaryDirectory();
      chmodSync(directory, 0o700);
      const started = start(directory);
      // Printed before the directory is created, so it is removed however the test ends.
      const [, elsewhere = ''] = await started.until(/Its files are in (\S+);/);
      onTestFinished(() => rmSync(dirname(elsewhere), { recursive: true, force: true }));
      const { url, tokens } = await ready(started);
      expect(started.output()).toMatch(/who cannot enter/);
      expect(readlinkSync(join(directory, 'data/postgres'))).toBe(elsewhere);
      expect((await query(url, tokens[0], LIST)).data.tasks.nodes).toHaveLength(3);
      started.child.kill('SIGINT');
      expect(await started.exit).toBe(0);
      const second = start(directory);
      const again = await ready(second);
      expect((await query(again.url, again.tokens[1], LIST)).data.tasks.nodes).toHaveLength(2);
      second.child.kill('SIGINT');
      await second.exit;
    },
  );
});
