/**
 * The values of one running operation: `frame[step.id]` is the step's value. Also what grafast passes to a
 * step's execute(). A frame belongs to one request; nothing that outlives the request may refer to it.
 */
import type { ExecutionDetails, ExecutionValue } from 'postgraphile/grafast';
import type { PlanStep } from './internals.ts';

export type Frame = unknown[];

/** The inputs of one run. */
export interface Inputs {
  /** After coercion to the types that the operation declares. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** As they were sent, before coercion: plain JSON. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly context: object;
  readonly rootValue: unknown;
}

/**
 * The compiled form gives up: an error, a null in a non-null place, a value of an unexpected kind. grafast
 * then runs the operation from its beginning (conversation.ts).
 */
export class Fallback extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Fallback';
  }
}

/** One value for all rows, as grafast's executeBucket passes it to a step. */
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

/** The details for a step that runs for one row. */
export const once = (values: readonly ExecutionValue[]): ExecutionDetails =>
  ({ count: 1, indexMap, indexForEach, values, extra: EXTRA, stream: null }) as ExecutionDetails;

/** Calls the step's own execute() with its dependencies' values from the frame. */
export function executeOnce(step: PlanStep) {
  const ids = step.dependencies.map(({ id }) => id);
  return (frame: Frame) => step.execute(once(ids.map((id) => unary(frame[id])))) as Results;
}

type Results = readonly unknown[] | Promise<readonly unknown[]>;

const indexMap = <T>(of: (i: number) => T): readonly T[] => [of(0)];
const indexForEach = (of: (i: number) => void): void => of(0);

/** What grafast passes to a step beside its values. grafast passes more; no known step reads it. */
export const EXTRA = Object.freeze({
  stopTime: null,
  meta: undefined,
  eventEmitter: undefined,
  stream: null,
});
