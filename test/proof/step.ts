/** One thing a person does, as fast-check makes it up, and what it can come to. Data only. */
import fc from 'fast-check';

export const CHANNELS = ['http', 'rest', 'login', 'server'] as const;

/** On one's own rows, on another person's, and without being anybody. */
const ACTIONS = [
  'create',
  'create',
  'create',
  'update',
  'update',
  'delete',
  'read',
  'set all',
  'clear',
  'create a blank one',
  'read another’s',
  'update another’s',
  'delete another’s',
  'act as nobody',
] as const;

/**
 * How it ends. By SQL: the transaction is committed, rolled back, fails in a later statement, runs out of
 * time, loses its connection, or loses it while it commits. By GraphQL and REST the last five are: the client hangs up.
 */
const ENDINGS = ['commit', 'rollback', 'error', 'timeout', 'disconnect', 'cut'] as const;

export interface Step {
  /** Which of the people. */
  readonly person: number;
  readonly channel: (typeof CHANNELS)[number];
  readonly action: (typeof ACTIONS)[number];
  readonly ending: (typeof ENDINGS)[number];
  /** Which of the rows, and which other person. */
  readonly pick: number;
  readonly completed: boolean;
  /** On a login: names somebody else in the setting. */
  readonly lie: boolean;
  /** When a client hangs up. */
  readonly after: number;
}

export const PEOPLE = 3;

const step: fc.Arbitrary<Step> = fc.record({
  person: fc.nat(PEOPLE - 1),
  channel: fc.constantFrom(...CHANNELS),
  action: fc.constantFrom(...ACTIONS),
  ending: fc.oneof(
    { weight: 3, arbitrary: fc.constant('commit' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...ENDINGS) },
  ),
  pick: fc.nat(99),
  completed: fc.boolean(),
  lie: fc.boolean(),
  after: fc.nat(8),
});

/** What is done at the same time, one such group after the other. */
export const batches: fc.Arbitrary<Step[][]> = fc.array(
  fc.array(step, { minLength: 1, maxLength: 8, size: 'max' }),
  { minLength: 1, maxLength: 20, size: 'max' },
);
