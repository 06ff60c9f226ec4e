/** The log's two forms: JSON for machines, a short line for somebody at a terminal. */
import { expect, test } from 'vitest';
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
    'TIME 401      3.2 ms  POST /graphql  UNAUTHENTICATED',
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
