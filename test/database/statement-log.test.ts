/** What the log gets to know of statements, by both adaptors: the claim, the rows, the outcome, never the token. */
import { describe, expect, test } from 'vitest';
import type { AdaptorName } from '../../src/database/service.ts';
import type { StatementEntry } from '../../src/database/statement-log.ts';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf, errorOf } from '../support/tasks.ts';

const database = useTestDatabase();

describe.each<AdaptorName>(['one-round-trip', 'stock'])('with the adaptor %s', (adaptor) => {
  const entries: StatementEntry[] = [];
  const server = useTestServer(database, {
    adaptor,
    statementEnded: (entry) => entries.push(entry),
  });
  const WHO = adaptor === 'stock' ? 8101 : 8102;
  const during = async (query: string) => {
    entries.length = 0;
    const answer = await server.ask(WHO, query);
    return { answer, entries: [...entries] };
  };
  const create = (title: string) =>
    `mutation { createTask(input: {task: {title: "${title}"}}) { task { id } } }`;

  test('a write and a read are reported with the claim and the number of rows', async () => {
    for (const title of ['a', 'b']) {
      const {
        answer,
        entries: [write, ...more],
      } = await during(create(title));
      dataOf(answer);
      expect(more).toEqual([]);
      expect(write).toMatchObject({ claim: String(WHO), rows: 1, failure: undefined });
      expect(write?.sql).toMatch(/^insert into "public"."task"/);
      expect(write?.values).toContain(title);
    }
    const { entries: reads } = await during(
      '{ tasks(condition: {completed: false}) { nodes { id } } }',
    );
    expect(reads.map(({ claim, rows }) => [claim, rows])).toEqual([[String(WHO), 2]]);
    expect(reads[0]?.durationMs).toBeGreaterThan(0);
  });
  test('a statement that fails has its SQLSTATE', async () => {
    const {
      answer,
      entries: [failed],
    } = await during(create(''));
    expect(errorOf(answer)[0]).toBe('BAD_USER_INPUT');
    expect([failed?.failure, failed?.rows]).toEqual(['23514', undefined]);
  });
  test('nothing of the token is reported', async () => {
    const { entries: told } = await during('{ me { id } }');
    expect(told.length).toBeGreaterThan(0);
    const [, payload = '-', signature = '-'] = (await server.token(WHO)).split('.');
    expect(JSON.stringify(told)).not.toContain(payload);
    expect(JSON.stringify(told)).not.toContain(signature);
  });
});
