/**
 * Compiles a step: returns a function that reads its dependencies from the frame and stores its value there.
 * Each call runs the step once, for the operation or for one row of a list. It must never store an error, a
 * promise or a stream: readers of the frame do not check.
 */
import { PgSelectStep } from 'postgraphile/@dataplan/pg';
import { EXTRA, executeOnce, Fallback, type Frame, type Inputs } from './frame.ts';
import { isFlaggedValue, type PlanStep } from './internals.ts';
import { expectKnown, isLambda, isPureStep, NotCompilable, sendsStatement } from './known-steps.ts';
import { compileSelect, type OperationFacts } from './select.ts';

/** Returns a promise only if the step's value is one. */
export type Task = (frame: Frame, inputs: Inputs) => Promise<void> | undefined;

/** For a synchronous step. */
export function compileSync(step: PlanStep): (frame: Frame) => void {
  expectKnown(step);
  const { id } = step;
  const ids = step.dependencies.map((dependency) => dependency.id);
  const [only = -1] = ids;
  if (isLambda(step)) {
    return (frame) => {
      const value = step.unbatchedExecute(EXTRA, ...ids.map((dependency) => frame[dependency]));
      expectValue(value);
      frame[id] = value;
    };
  }
  // Nearly every column of every row has one dependency: no array per call.
  if (ids.length === 1) {
    return (frame) => {
      frame[id] = step.unbatchedExecute(EXTRA, frame[only]);
    };
  }
  return (frame) => {
    frame[id] = step.unbatchedExecute(EXTRA, ...ids.map((dependency) => frame[dependency]));
  };
}

/** For a step that may be asynchronous but must not be here: Fallback if it is. */
export function compileAtOnce(step: PlanStep): (frame: Frame) => void {
  expectKnown(step);
  if (sendsStatement(step)) throw new NotCompilable('a statement for each row of a list');
  const execute = executeOnce(step);
  const { id } = step;
  return (frame) => {
    const [value] = execute(frame) as readonly unknown[];
    expectValue(value);
    if (isPromise(value)) throw new Fallback('a promise in a row of a list');
    frame[id] = value;
  };
}

/** For a step that may be asynchronous or fail. */
export function compileNormal(step: PlanStep, facts: OperationFacts): Task {
  expectKnown(step);
  if (facts.writes && isLambda(step) && !isPureStep(step)) {
    throw new NotCompilable('a mutation with a function that is not pure');
  }
  if (!step._isUnary) throw new NotCompilable('a step that runs for many rows at once');
  const { id } = step;
  const select: unknown = step;
  const execute: (frame: Frame, inputs: Inputs) => ReturnType<ReturnType<typeof executeOnce>> =
    (select instanceof PgSelectStep && compileSelect(select, facts)) || executeOnce(step);
  const put = (frame: Frame, value: unknown): Promise<void> | undefined => {
    if (isPromise(value)) return value.then((v) => void put(frame, v));
    expectValue(value);
    frame[id] = value;
    return undefined;
  };
  return (frame, inputs) => {
    const results = execute(frame, inputs);
    if (isPromise<readonly unknown[]>(results)) return results.then(([value]) => put(frame, value));
    return put(frame, results[0]);
  };
}

function expectValue(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (isFlaggedValue(value)) throw new Fallback('a value that is an error');
  if (Array.isArray(value) ? value.some(isPromise) : Symbol.asyncIterator in value) {
    throw new Fallback('a value that is a stream');
  }
}

const isPromise = <T>(value: unknown): value is Promise<T> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function';
