/**
 * Grafast's plan of one operation → a function that carries it out: the same steps in the same order with
 * the same statements, but without asking of each value whether it is an error, late or one of many. Makes
 * answers without errors and nothing else; for everything else it throws.
 */
import { compileAnswer } from './answer.ts';
import type { Frame, Inputs } from './frame.ts';
import type { OperationPlan } from './internals.ts';
import { NotCompilable } from './known-steps.ts';
import { type Ahead, compileAhead, statementsIn } from './layers.ts';

/** Resolves to `data`. */
export type Program = (inputs: Inputs) => Promise<Record<string, unknown>>;

/** Undefined: an operation that grafast has to carry out itself. */
export function compile(plan: OperationPlan): Program | undefined {
  try {
    return compileOperation(plan);
  } catch {
    // Said by name (NotCompilable), or a plan of a shape that was not foreseen: grafast knows all of them.
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
