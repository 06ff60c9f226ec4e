/**
 * What is known while one operation is carried out: the value of each step, by the step's id. One frame
 * belongs to one request; nothing that outlives the request may hold it.
 */
import type { ExecutionDetails, ExecutionValue } from 'postgraphile/grafast';
import type { PlanStep } from './internals.ts';

export type Frame = unknown[];

/** What an operation is carried out with. */
export interface Inputs {
  /** As the operation declares them. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** As they were sent: plain JSON, whatever the scalars make of it. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly context: object;
  readonly rootValue: unknown;
}

/**
 * Something happened that is not the ordinary case: an error, a null where none may be, a value of a kind
 * not expected. Grafast then carries out the operation from its beginning (conversation.ts).
 */
export class Fallback extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Fallback';
  }
}

/** One value for all rows, in the form in which grafast hands values to a step. */
class Unary {
  readonly isBatch = false;
  readonly _entryFlags = 0;
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
  at(): unknown {
    return this.value;
  }
  unaryValue(): unknown {
    return this.value;
  }
  _flagsAt(): number {
    return 0;
  }
  _getStateUnion(): number {
    return 0;
  }
}

export const unary = (value: unknown): ExecutionValue =>
  new Unary(value) as unknown as ExecutionValue;

/** For a step that is carried out once. */
export const once = (values: readonly ExecutionValue[]): ExecutionDetails =>
  ({ count: 1, indexMap, indexForEach, values, extra: EXTRA, stream: null }) as ExecutionDetails;

/** The step's own execute(), with what the frame has for it. */
export function executeOnce(step: PlanStep) {
  const ids = step.dependencies.map(({ id }) => id);
  return (frame: Frame) => step.execute(once(ids.map((id) => unary(frame[id])))) as Results;
}

type Results = readonly unknown[] | Promise<readonly unknown[]>;

const indexMap = <T>(of: (i: number) => T): readonly T[] => [of(0)];
const indexForEach = (of: (i: number) => void): void => of(0);

/** What grafast tells a step beside its values. It has more, which no known step reads. */
export const EXTRA = Object.freeze({
  stopTime: null,
  meta: undefined,
  eventEmitter: undefined,
  stream: null,
});
