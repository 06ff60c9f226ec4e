/**
 * Compiles a plan's layers: the operation, a field of a mutation, a nullable value, the rows of a list.
 * Layers that wait for the database run before the answer is built, the others row by row while it is built.
 * A layer must never count as run if it was not: `Ahead` holds those that run before the answer.
 */
import type { Frame, Inputs } from './frame.ts';
import type { LayerPlan } from './internals.ts';
import { NotCompilable, sendsStatement } from './known-steps.ts';
import type { OperationFacts } from './select.ts';
import { compileAtOnce, compileNormal, compileSync, type Task } from './steps.ts';

type Wait = (frame: Frame, inputs: Inputs) => Promise<void>;

/** The layers that run before the answer is built. */
export type Ahead = Set<LayerPlan>;

/** The number of statements in a layer and its descendants. */
export function statementsIn({ phases, children }: LayerPlan): number {
  const own = phases
    .flatMap(({ normalSteps = [] }) => normalSteps)
    .filter(({ step }) => sendsStatement(step));
  return children.reduce((sum, child) => sum + statementsIn(child), own.length);
}

/** Compiles a layer that runs before the answer, and those of its descendants that do so too. */
export function compileAhead(layer: LayerPlan, facts: OperationFacts, ahead: Ahead): Wait {
  ahead.add(layer);
  const phases = compilePhases(layer, facts);
  const children = layer.children.filter(waits);
  const within = children.map((child) => compileAhead(child, facts, ahead));
  const inTurn = children.some(({ reason }) => reason.type === 'mutationField');
  if (facts.writes && !inTurn && children.length > 1) throw new NotCompilable(SIDE_BY_SIDE);
  const { rootStep, reason } = layer;
  const nullable = reason.type === 'nullableBoundary' ? rootStep?.id : undefined;
  return async (frame, inputs) => {
    if (nullable !== undefined && frame[nullable] == null) return;
    await phases(frame, inputs);
    // The specification wants the fields of a mutation in series; everything else runs concurrently.
    if (inTurn) for (const work of within) await work(frame, inputs);
    else if (within.length > 0) await Promise.all(within.map((work) => work(frame, inputs)));
  };
}

/** Whether a child of a layer in `Ahead` has to run before the answer as well. */
function waits(layer: LayerPlan): boolean {
  const { type } = layer.reason;
  if (type === 'mutationField') return true;
  if (type !== 'nullableBoundary' || !layer.rootStep?._isUnary) return false;
  const sends = layer.phases.some(({ normalSteps }) =>
    normalSteps?.some(({ step }) => sendsStatement(step)),
  );
  return sends || layer.children.some(waits);
}

/** Not compiled in a mutation: when one fails, nobody can tell which of the others were sent. */
const SIDE_BY_SIDE = 'concurrent statements in a mutation';

function compilePhases(layer: LayerPlan, facts: OperationFacts): Wait {
  const phases = layer.phases.map(({ normalSteps = [], unbatchedSyncAndSafeSteps = [] }) => {
    const statements = normalSteps.filter(({ step }) => sendsStatement(step));
    if (facts.writes && statements.length > 1) throw new NotCompilable(SIDE_BY_SIDE);
    return {
      normal: normalSteps.map(({ step }) => compileNormal(step, facts)),
      sync: unbatchedSyncAndSafeSteps.map(({ step }) => compileSync(step)),
    };
  });
  return async (frame, inputs) => {
    for (const { normal, sync } of phases) {
      const waiting = start(normal, frame, inputs);
      if (waiting.length === 1) await waiting[0];
      else if (waiting.length > 1) await Promise.all(waiting);
      for (const task of sync) task(frame);
    }
  };
}

function start(tasks: readonly Task[], frame: Frame, inputs: Inputs): Promise<void>[] {
  const waiting: Promise<void>[] = [];
  try {
    for (const task of tasks) {
      const promise = task(frame, inputs);
      if (promise) waiting.push(promise);
    }
  } catch (error) {
    // Nothing awaits these any more. An unhandled rejection would end the process.
    for (const promise of waiting) promise.catch(() => {});
    throw error;
  }
  return waiting;
}

/** Returns whether the layer's value is not null. If so, its steps have run when the function returns. */
export function compileBoundary(layer: LayerPlan, ahead: Ahead): (frame: Frame) => boolean {
  const { reason, rootStep } = layer;
  if (reason.type === 'mutationField' && ahead.has(layer)) return () => true;
  if (reason.type !== 'nullableBoundary' || !rootStep) {
    throw new NotCompilable(`a layer of kind ${reason.type}`);
  }
  const { id } = rootStep;
  if (ahead.has(layer)) return (frame) => frame[id] != null;
  const work = compileRow(layer);
  return (frame) => {
    if (frame[id] == null) return false;
    work(frame);
    return true;
  };
}

/** Compiles a layer whose steps all have their values at once. */
export function compileRow({ phases }: LayerPlan): (frame: Frame) => void {
  const steps = phases.flatMap(({ normalSteps = [], unbatchedSyncAndSafeSteps = [] }) => [
    ...normalSteps.map(({ step }) => compileAtOnce(step)),
    ...unbatchedSyncAndSafeSteps.map(({ step }) => compileSync(step)),
  ]);
  return (frame) => {
    for (const step of steps) step(frame);
  };
}

/** The layers from `outer` (excluded) to `inner` (included). */
export function layersBetween(outer: LayerPlan, inner: LayerPlan): LayerPlan[] {
  if (inner === outer) return [];
  const parent = inner.reason.parentLayerPlan;
  if (!parent) throw new NotCompilable(`a layer of kind ${inner.reason.type}`);
  return [...layersBetween(outer, parent), inner];
}
