/** The log's two forms: JSON for machines, a short line for somebody at a terminal. */
import { expect, test } from 'vitest';
import type { StatementEntry } from '../src/database/statement-log.ts';
import type { RequestEntry } from '../src/http/observe.ts';
import { type LogLevel, openLog } from '../src/log.ts';

const ENTRY: RequestEntry = {
  requestId: 'r1',
  method: 'POST',
  path: '/graphql',
  status: 200,
  outcome: 'ok',
  durationMs: 3.21,
  userId: 7,
  kind: 'query',
  operation: 'Mine',
};

function logged(json: boolean, level: LogLevel = 'info'): string[] {
  let text = '';
  const log = openLog({
    json,
    level,
    write: (part) => {
      text += part;
    },
  });
  log.request(ENTRY);
  log.request({
    ...ENTRY,
    status: 401,
    outcome: 'UNAUTHENTICATED',
    refused: 'aud is not JWT_AUDIENCE',
    kind: undefined,
    userId: undefined,
  });
  log.request({ ...ENTRY, path: '/livez' });
  log.request({ ...ENTRY, path: '/readyz', status: 503 });
  log.warn('careful');
  return text.trim().split('\n');
}

test('in development a request is one short line', () => {
  const lines = logged(false).map((line) => line.replace(/\d\d:\d\d:\d\d/, 'TIME'));
  expect(lines).toEqual([
    'TIME 200      3.2 ms  user 7  query Mine  ok',
    'TIME 401      3.2 ms  POST /graphql  UNAUTHENTICATED: aud is not JWT_AUDIENCE',
    'TIME 503      3.2 ms  user 7  query Mine  ok',
    'TIME warn careful',
  ]);
});

test('in production it is one object, and probes that go well are left out', () => {
  const [first, ...rest] = logged(true).map((line) => JSON.parse(line));
  expect(first).toEqual({ level: 'info', time: expect.any(String), msg: 'request', ...ENTRY });
  expect(rest.map(({ status, path, msg }) => [status, path, msg])).toEqual([
    [401, '/graphql', 'request'],
    [503, '/readyz', 'request'],
    [undefined, undefined, 'careful'],
  ]);
});

test('a level keeps what is below it out', () => {
  expect(logged(true, 'warn')).toHaveLength(1);
  expect(logged(true, 'debug')).toHaveLength(5);
  expect(logged(true, 'silent')).toEqual(['']);
});

const STATEMENT: StatementEntry = {
  claim: '7',
  sql: 'select id\nfrom task where title = $1 and id < $2\n',
  values: ['Buy "milk"', null],
  rows: 3,
  failure: undefined,
  durationMs: 1.234,
};

function statement(json: boolean, level: LogLevel, entry = STATEMENT): string {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  openLog({ json, level, write }).statement?.(entry);
  return text;
}

test('at level debug development shows a statement with claim, rows, time and parameters', () => {
  expect(
    statement(false, 'debug').replace(/^[\d:]{8}/, 'TIME'),
  ).toBe(`TIME debug sql  1.2 ms  claim 7  3 rows
  select id
  from task where title = $1 and id < $2
  $1 = "Buy \\"milk\\""
  $2 = null
`);
  const failed = { ...STATEMENT, claim: undefined, rows: undefined, failure: '42501', values: [] };
  expect(statement(false, 'debug', failed)).toContain('no claim  failed: 42501');
  const long = { ...STATEMENT, values: ['x'.repeat(500)] };
  expect(statement(false, 'debug', long)).toMatch(/\$1 = "x{199}…\n$/);
});

test('production shows statements at level debug only, and no parameters', () => {
  const { time: _, ...entry } = JSON.parse(statement(true, 'debug'));
  const { claim, sql, rows, durationMs } = STATEMENT;
  expect(entry).toEqual({ level: 'debug', msg: 'statement', claim, sql, rows, durationMs });
  for (const level of ['info', 'warn', 'error', 'silent'] as const)
    expect(statement(true, level) + statement(false, level)).toBe('');
});
