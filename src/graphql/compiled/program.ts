/**
 * Compiles an operation. Takes grafast's plan, returns a function that runs the same steps in the same order
 * with the same statements, without checking each value for errors, promises and batches as grafast does.
 * The function returns answers without errors only; in every other case it throws.
 */
import { compileAnswer } from './answer.ts';
import type { Frame, Inputs } from './frame.ts';
import type { OperationPlan } from './internals.ts';
import { NotCompilable } from './known-steps.ts';
import { type Ahead, compileAhead, statementsIn } from './layers.ts';

/** Resolves to `data`. */
export type Program = (inputs: Inputs) => Promise<Record<string, unknown>>;

/** Undefined if grafast has to run the operation. */
export function compile(plan: OperationPlan): Program | undefined {
  try {
    return compileOperation(plan);
  } catch {
    // NotCompilable, or a TypeError from a plan of an unexpected shape. grafast handles both.
    return undefined;
  }
}

function compileOperation(plan: OperationPlan): Program {
  const { rootLayerPlan, variableValuesStep, contextStep, rootValueStep } = plan;
  if (plan.operation.operation === 'subscription') throw new NotCompilable('a subscription');
  const ahead: Ahead = new Set();
  const facts = {
    variables: variableValuesStep,
    alone: statementsIn(rootLayerPlan) === 1,
    writes: plan.operation.operation === 'mutation',
  };
  const work = compileAhead(rootLayerPlan, facts, ahead);
  const answer = compileAnswer(plan.rootOutputPlan, ahead);
  return async (inputs) => {
    const frame: Frame = [];
    frame[variableValuesStep.id] = inputs.variables;
    frame[contextStep.id] = inputs.context;
    frame[rootValueStep.id] = inputs.rootValue;
    await work(frame, inputs);
    return answer(frame) as Record<string, unknown>;
  };
}
