/**
 * Which inputs a select's statement depends on: page size and cursor, which select.ts handles, and the
 * variables that its filters and orders read. Returns the variables' part of the key. It must never accept a
 * select whose statement depends on anything else.
 */
import type { PlanStep, SelectInternals } from './internals.ts';
import { isPureStep } from './known-steps.ts';

/**
 * Whether every dependency of the select has exactly one known role. One step may not be two things: an id
 * that is also the page size decides about the text, so it is no parameter.
 */
export function isAllKnown(step: PlanStep, internals: SelectInternals): boolean {
  const written = new Set([
    internals.contextId,
    internals.firstStepId,
    internals.lastStepId,
    internals.offsetStepId,
    internals.afterStepId,
    internals.beforeStepId,
    ...internals.applyDepIds,
  ]);
  const ids = internals.placeholders.map(({ dependencyIndex }) => dependencyIndex);
  return (
    ids.every((index) => !written.has(index)) &&
    step.dependencies.every((_, index) => written.has(index) || ids.includes(index))
  );
}

/** The variables' part of a key; undefined for values that JSON cannot represent. */
export type KeyOf = (sent: Readonly<Record<string, unknown>>) => string | undefined;

/** Undefined if the steps depend on more than the variables. */
export function keyOf(steps: readonly PlanStep[], variables: PlanStep): KeyOf | undefined {
  const names = new Set<string>();
  const seen = new Set<PlanStep>();
  let all = false;
  const walk = (step: PlanStep): boolean => {
    if (seen.has(step)) return true;
    seen.add(step);
    return (
      isPureStep(step) &&
      step.dependencies.every((dependency) => {
        if (dependency !== variables) return walk(dependency);
        const [name] = (step as { path?: readonly unknown[] }).path ?? [];
        if (typeof name === 'string') names.add(name);
        else all = true;
        return true;
      })
    );
  };
  if (!steps.every(walk)) return undefined;
  if (all) return toKey;
  if (names.size === 0) return () => '';
  const list = [...names];
  // An absent variable differs from null: defaults apply to it.
  return (sent) => toKey(list.map((name) => (Object.hasOwn(sent, name) ? [sent[name]] : [])));
}

function toKey(value: object): string | undefined {
  const key = JSON.stringify(value);
  // JSON.parse turns 1e400 into Infinity, which JSON.stringify writes as null.
  return key.includes('null') && !isExact(value) ? undefined : key;
}

const isExact = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).every(isExact)
    : typeof value !== 'number' || Number.isFinite(value);
