/**
 * What a select's statement depends on: the size and place of the page, which are looked at by themselves,
 * and those of the operation's variables that its filters and orders read. It must never call a statement
 * known of which anything else is a part.
 */
import type { PlanStep, SelectInternals } from './internals.ts';
import { saysTheSame } from './known-steps.ts';

/**
 * Whether nothing else than what is looked at can make a difference to the statement, and nothing is two
 * things at once: an id that is the size of the page as well is no parameter.
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

/** The variables' part of a key; undefined for values that JSON has no words for. */
export type KeyOf = (sent: Readonly<Record<string, unknown>>) => string | undefined;

/** Undefined if the steps depend on more than variables. */
export function keyOf(steps: readonly PlanStep[], variables: PlanStep): KeyOf | undefined {
  const names = new Set<string>();
  const seen = new Set<PlanStep>();
  let all = false;
  const walk = (step: PlanStep): boolean => {
    if (seen.has(step)) return true;
    seen.add(step);
    return (
      saysTheSame(step) &&
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
  // Absent is not null: it is what a default is for.
  return (sent) => toKey(list.map((name) => (Object.hasOwn(sent, name) ? [sent[name]] : [])));
}

function toKey(value: object): string | undefined {
  const key = JSON.stringify(value);
  // JSON.parse makes Infinity of 1e400, and JSON.stringify makes null of that.
  return key.includes('null') && !isExact(value) ? undefined : key;
}

const isExact = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).every(isExact)
    : typeof value !== 'number' || Number.isFinite(value);
