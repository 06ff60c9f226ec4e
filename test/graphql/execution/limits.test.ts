/** What one request, and one person, may ask for; and that asking for more costs nobody else anything. */
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { DEFAULT_LIMITS } from '../../../src/graphql/execution/limits.ts';
import { useTestDatabase } from '../../support/database.ts';
import { UNLESS_BUSY } from '../../support/retry.ts';
import { useTestServer } from '../../support/server.ts';
import { createTask, dataOf, errorOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const slow = useTestServer(database, { requestsPerMinute: 3 });
const grafast = useTestServer(database, { executor: 'grafast' });
const strict = useTestServer(database, { limits: { maxDepth: 2 } });

const ATTACKER = 81;
const OTHER = 82;

const times = (n: number, make: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => make(i)).join(' ');

/** Every fragment spreads the next one twice: 2^n fields in n lines. */
const bomb = (levels: number) =>
  `{ tasks { nodes { ...f0 } } } ${times(levels, (i) => `fragment f${i} on Task { ...f${i + 1} a${i}: id ...f${i + 1} }`)} fragment f${levels} on Task { title }`;

const nested = (levels: number, args = ''): string =>
  levels === 0 ? 'id' : `user { tasks${args} { nodes { ${nested(levels - 1, args)} } } }`;

const ATTACKS: [what: string, query: string, variables: object, limit: RegExp][] = [
  [
    'fragments that spread each other, without aliases',
    bomb(60).replace(/a\d+: /g, ''),
    {},
    /250 fields/,
  ],
  ['fragments that spread each other, with aliases', bomb(60), {}, /aliases/],
  [
    'fragments inside fragments',
    `{ me { ${'...{'.repeat(600)} id ${'}'.repeat(600)} } } `,
    {},
    /250 fields/,
  ],
  ['depth', `{ tasks { nodes { ${nested(40)} } } }`, {}, /10 levels/],
  [
    'depth through fragments',
    `{ tasks { nodes { ...a } } } fragment a on Task { user { tasks { nodes { ...b } } } } fragment b on Task { user { tasks { nodes { ...c } } } } fragment c on Task { user { tasks { nodes { id } } } }`,
    {},
    /10 levels/,
  ],
  [
    'a long alias',
    `{ ${'a'.repeat(201)}: tasks { totalCount } }`,
    {},
    /200 characters of an alias/,
  ],
  ['aliases', `{ ${times(100, (i) => `a${i}: tasks { totalCount }`)} }`, {}, /15 aliases/],
  [
    'aliases of mutations',
    `mutation { ${times(100, (i) => `a${i}: setAllTasksCompleted(input: {completed: true}) { count }`)} }`,
    {},
    /15 aliases/,
  ],
  ['directives', `{ me { id ${times(100, () => '@include(if: true)')} } }`, {}, /15 directives/],
  ['fields', `{ me { ${times(600, () => 'id')} } }`, {}, /250 fields/],
  ['tokens', `{ me { ${times(20_000, () => 'id')} } }`, {}, /2000 tokens/],
  [
    'tokens in a comma desert',
    `{ me { id(${times(9000, (i) => `a${i}:1`)}) } }`,
    {},
    /2000 tokens/,
  ],
  [
    'rows',
    `{ tasks(first: 200) { nodes { user { tasks(first: 200) { nodes { user { tasks(first: 200) { totalCount } } } } } } } }`,
    {},
    /5000 rows/,
  ],
  [
    'rows by variables',
    `query ($n: Int) { tasks(first: $n) { nodes { user { tasks(first: $n) { nodes { user { tasks(first: $n) { totalCount } } } } } } } }`,
    { n: 200 },
    /5000 rows/,
  ],
  [
    'a long list',
    `{ tasks(orderBy: [${times(200, () => 'ID_ASC')}]) { totalCount } }`,
    {},
    /100 entries/,
  ],
  [
    'a long list in a variable',
    'query ($o: [TaskOrderBy!]) { tasks(orderBy: $o) { nodes { id } } }',
    { o: Array(10_000).fill('ID_ASC') },
    /100 entries/,
  ],
];

const elapsed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

describe('an attack is refused at once, as TOO_COMPLEX and HTTP 400', () => {
  test.each(ATTACKS)('%s', UNLESS_BUSY, async (_what, query, variables, limit) => {
    const answer = await server.ask(ATTACKER, query, variables);
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toEqual(['TOO_COMPLEX', expect.stringMatching(limit)]);
    // The best of three: other tests use this machine as well.
    const took: number[] = [];
    for (let i = 0; i < 3; i++)
      took.push(await elapsed(() => server.ask(ATTACKER, query, variables)));
    expect(Math.min(...took)).toBeLessThan(100);
  });

  test('a fragment that spreads itself ends, as bad input', async () => {
    const query = '{ me { ...a } } fragment a on User { id ...b } fragment b on User { ...a }';
    expect(errorOf(await server.ask(ATTACKER, query))[0]).toBe('BAD_USER_INPUT');
  });

  test('variables that are nested deep do no harm', async () => {
    const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`;
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await server.token(ATTACKER)}`,
      },
      body: `{"query": "query ($o: [TaskOrderBy!]) { tasks(orderBy: $o) { totalCount } }", "variables": {"o": ${deep}}}`,
    });
    expect(response.status).toBe(400);
  });
});

type Ask = [what: string, query: string, variables: object];

/** Median time of another person's requests while somebody asks without a pause; and what that got. */
async function beside(asks: readonly Ask[]): Promise<{ median: number; statuses: number[] }> {
  let going = true;
  const statuses: number[] = [];
  const asking = (async () => {
    for (let i = 0; going; i++) {
      const [, query, variables] = asks[i % asks.length] ?? ['', '', {}];
      statuses.push((await server.ask(ATTACKER, query, variables)).status);
    }
  })();
  const took: number[] = [];
  for (let i = 0; i < 50; i++) {
    const request = async () => dataOf(await server.ask(OTHER, '{ tasks { nodes { title } } }'));
    took.push(await elapsed(request));
  }
  going = false;
  await asking;
  return { median: took.sort((a, b) => a - b)[25] ?? Number.NaN, statuses };
}

test(
  'an attacker costs another person no more than somebody who asks ordinary things',
  UNLESS_BUSY,
  async () => {
    await createTask(server, OTHER, { title: 'a' });
    const attacks = ATTACKS.map(([what, query, variables]): Ask => [what, query, variables]);
    const ordinary = await beside([['', '{ me { tasks { nodes { title } } } }', {}]]);
    const attacked = await beside(attacks);
    expect(ordinary.statuses.every((status) => status === 200)).toBe(true);
    expect(attacked.statuses.every((status) => status === 400)).toBe(true);
    expect(attacked.statuses.length).toBeGreaterThan(attacks.length);
    // One that got through would hold every other request for seconds.
    expect(attacked.median).toBeLessThan(2 * ordinary.median + 50);
    console.log(
      `another person’s median: ${ordinary.median.toFixed(1)} ms beside ordinary requests, ${attacked.median.toFixed(1)} ms beside ${attacked.statuses.length} attacks`,
    );
  },
);

test('a literal nested thousands of levels deep is TOO_COMPLEX, however deep', async () => {
  for (const levels of [500, 900, 1900, 5000, 20_000]) {
    const literal = `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    for (const query of [
      `{ tasks(orderBy: ${literal}) { totalCount } }`,
      `query ($o: [TaskOrderBy!] = ${literal}) { tasks(orderBy: $o) { totalCount } }`,
    ]) {
      const answer = await server.ask(ATTACKER, query);
      expect([answer.status, answer.body.errors.length]).toEqual([400, expect.any(Number)]);
      const [code] = errorOf(answer);
      expect(levels > 1000 ? ['TOO_COMPLEX'] : ['TOO_COMPLEX', 'BAD_USER_INPUT']).toContain(code);
    }
  }
});

test('sixteen unknown directives are one error', async () => {
  const query = `{ me { id ${times(16, (i) => `@unknown${i}`)} } }`;
  const answer = await server.ask(ATTACKER, query);
  expect(answer.body.errors).toHaveLength(1);
  expect(errorOf(answer)[0]).toBe('TOO_COMPLEX');
});

describe('names of Object.prototype are names like any others', () => {
  const NAMES = ['toString', 'constructor', 'hasOwnProperty', 'valueOf', '__proto__'];
  test.each(NAMES)('$%s as a variable that is not set', async (name) => {
    const query = `query ($${name}: Int) { tasks(first: $${name}) { totalCount nodes { id } } }`;
    const set = `query ($${name}: Int) { tasks(first: $${name}) { nodes { id } } }`;
    for (const on of [server, grafast]) {
      const variables = Object.fromEntries([[name, 0]]);
      expect(dataOf(await on.ask(OTHER, set, variables))).toEqual({ tasks: { nodes: [] } });
      const unset = dataOf(await on.ask(OTHER, query));
      expect(unset).toEqual(dataOf(await on.ask(OTHER, '{ tasks { totalCount nodes { id } } }')));
    }
  });
  test.each(NAMES)('%s as an alias, an operation and a fragment', async (name) => {
    const query = `query ${name} { ${name}: me { ...${name} } } fragment ${name} on User { id }`;
    for (const on of [server, grafast]) {
      expect(dataOf(await on.ask(OTHER, query))).toEqual({ [name]: { id: OTHER } });
    }
  });
});

describe('what people do is within the limits', () => {
  test('a page with its owner, and a page inside a page', async () => {
    dataOf(
      await server.ask(
        OTHER,
        '{ me { tasks(first: 200) { edges { cursor node { id user { id email } } } } } }',
      ),
    );
    dataOf(
      await server.ask(
        OTHER,
        '{ tasks(first: 50) { nodes { user { tasks(first: 50) { nodes { id } } } } } }',
      ),
    );
  });
  test('GraphiQL’s own look at the schema', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    dataOf(
      await server.ask(
        OTHER,
        getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }),
      ),
    );
  });
  test('as many aliases as are allowed', async () => {
    const query = (n: number) => `{ ${times(n, (i) => `a${i}: tasks { totalCount }`)} }`;
    dataOf(await server.ask(OTHER, query(DEFAULT_LIMITS.maxAliases)));
    expect(errorOf(await server.ask(OTHER, query(DEFAULT_LIMITS.maxAliases + 1)))[0]).toBe(
      'TOO_COMPLEX',
    );
  });
});

test('each limit is a setting', async () => {
  const names = {
    MAX_DEPTH: '1',
    MAX_ALIASES: '2',
    MAX_DIRECTIVES: '3',
    MAX_TOKENS: '4',
    MAX_SELECTIONS: '5',
    MAX_ROWS: '6',
    MAX_LIST_ITEMS: '7',
    MAX_ANSWER_BYTES: '80000',
    MAX_REQUEST_BYTES: '8000',
    RATE_LIMIT_PER_MINUTE: '9',
  };
  const config = loadConfig(names);
  expect(Object.values(config.limits)).toEqual([1, 2, 3, 4, 5, 6, 7, 80_000]);
  expect([config.maxRequestBytes, config.requestsPerMinute]).toEqual([8000, 9]);
  expect(() => loadConfig({ MAX_DEPTH: 'deep' })).toThrow(/MAX_DEPTH must be a whole number/);
  const answer = await strict.ask(OTHER, '{ me { tasks { totalCount } } }');
  expect(errorOf(answer)).toEqual(['TOO_COMPLEX', expect.stringContaining('2 levels')]);
  dataOf(await strict.ask(OTHER, '{ me { id } }'));
});

test('a person who asks too often has to wait, and only that person', async () => {
  const asks = (who: number) => slow.ask(who, '{ me { id } }');
  for (let i = 0; i < 3; i++) expect((await asks(83)).status).toBe(200);
  const refused = await asks(83);
  expect(refused.status).toBe(429);
  expect(errorOf(refused)).toEqual([
    'UNAVAILABLE',
    expect.stringContaining('Too many requests in a minute'),
  ]);
  expect(refused.body.errors[0].extensions.reason).toBe('RATE_LIMITED');
  const wait = Number(refused.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
  expect((await asks(84)).status).toBe(200);
});
