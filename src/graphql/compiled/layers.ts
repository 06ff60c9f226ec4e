/**
 * A plan's layers: the whole operation, a field of a mutation, what may be null, the rows of a list. What
 * waits for the database is carried out ahead of the answer; the rest row by row, while the answer is made.
 * A layer must never be taken for carried out that was not: `Ahead` has those that are.
 */
import type { Frame, Inputs } from './frame.ts';
import type { LayerPlan } from './internals.ts';
import { NotCompilable, sendsStatement } from './known-steps.ts';
import type { OperationFacts } from './select.ts';
import { compileAtOnce, compileNormal, compileSync, type Task } from './steps.ts';

type Wait = (frame: Frame, inputs: Inputs) => Promise<void>;

/** The layers that are carried out before the answer is made. */
export type Ahead = Set<LayerPlan>;

/** How many statements a layer and those within it have. */
export function statementsIn({ phases, children }: LayerPlan): number {
  const own = phases
    .flatMap(({ normalSteps = [] }) => normalSteps)
    .filter(({ step }) => sendsStatement(step));
  return children.reduce((sum, child) => sum + statementsIn(child), own.length);
}

/** A layer and, within it, all that wait as well. */
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
    // Fields of a mutation one after the other, everything else side by side.
    if (inTurn) for (const work of within) await work(frame, inputs);
    else if (within.length > 0) await Promise.all(within.map((work) => work(frame, inputs)));
  };
}

/** Whether a child of a layer that is carried out ahead has to be so as well. */
function waits(layer: LayerPlan): boolean {
  const { type } = layer.reason;
  if (type === 'mutationField') return true;
  if (type !== 'nullableBoundary' || !layer.rootStep?._isUnary) return false;
  const sends = layer.phases.some(({ normalSteps }) =>
    normalSteps?.some(({ step }) => sendsStatement(step)),
  );
  return sends || layer.children.some(waits);
}

/** Of a mutation: which of them had been asked when one failed could not be told. */
const SIDE_BY_SIDE = 'statements beside each other after a write';

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
    // Nobody will wait for these; without a listener Node would end the process.
    for (const promise of waiting) promise.catch(() => {});
    throw error;
  }
  return waiting;
}

/** Whether there is anything in the layer; if so, its steps have been carried out. */
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

/** A layer that waits for nothing. */
export function compileRow({ phases }: LayerPlan): (frame: Frame) => void {
  const steps = phases.flatMap(({ normalSteps = [], unbatchedSyncAndSafeSteps = [] }) => [
    ...normalSteps.map(({ step }) => compileAtOnce(step)),
    ...unbatchedSyncAndSafeSteps.map(({ step }) => compileSync(step)),
  ]);
  return (frame) => {
    for (const step of steps) step(frame);
  };
}

/** From the outer (not included) to the inner (included). */
export function layersBetween(outer: LayerPlan, inner: LayerPlan): LayerPlan[] {
  if (inner === outer) return [];
  const parent = inner.reason.parentLayerPlan;
  if (!parent) throw new NotCompilable(`a layer of kind ${inner.reason.type}`);
  return [...layersBetween(outer, parent), inner];
}
