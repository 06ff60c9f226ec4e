/**
 * Runs an operation in its compiled form, and by grafast if there is none or if the compiled form gave up.
 * Takes the arguments of grafast's execute(), returns the same result and who made it. It must never answer
 * differently from grafast.
 */
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { GrafastExecutionArgs } from 'postgraphile/grafast';
import {
  type ExecutionResult,
  type FragmentDefinitionNode,
  getOperationAST,
  getVariableValues,
  Kind,
} from 'postgraphile/graphql';
import { Conversation } from './conversation.ts';
import type { Inputs } from './frame.ts';
import { establishOperationPlan, type OperationPlan } from './internals.ts';
import { compile, type Program } from './program.ts';

/** grafast's execute() as grafserv calls it: no subscriptions, no @defer, no @stream. */
export type Execute = (
  args: GrafastExecutionArgs,
) => ExecutionResult | PromiseLike<ExecutionResult>;

/** The part of the operation's context that is used here; src/graphql/preset.ts makes it. */
interface Context {
  readonly withPgClient: WithPgClient;
}

/** Kept as long as grafast keeps the plan. */
const programs = new WeakMap<OperationPlan, Program | 'none'>();

/** `both`: the compiled form gave up, then grafast ran the operation. */
export type Executor = 'compiled' | 'grafast' | 'both';

export interface OperationOutcome {
  readonly result: ExecutionResult;
  readonly executor: Executor;
}

export async function executeCompiled(
  args: GrafastExecutionArgs,
  grafast: Execute,
): Promise<OperationOutcome> {
  const prepared = isPlain(args) ? prepare(args) : undefined;
  if (!prepared) return { result: await grafast(args), executor: 'grafast' };
  const { program, inputs, writes } = prepared;
  const context = args.contextValue as Context;
  const conversation = new Conversation(context.withPgClient, { writes });
  try {
    const recorded = { ...context, withPgClient: conversation.record };
    const data = await program({ ...inputs, context: recorded });
    return { result: { data }, executor: 'compiled' };
  } catch {
    // grafast hits the same error and reports it.
    const replayed = { ...context, withPgClient: await conversation.replay() };
    const result = await grafast({ ...args, contextValue: replayed });
    return { result, executor: 'both' };
  }
}

/** Whether no option and no middleware observes or stops single steps: only grafast supports those. */
function isPlain({ onError, resolvedPreset, middleware }: GrafastExecutionArgs): boolean {
  if (onError && onError !== 'PROPAGATE') return false;
  const { explain, timeouts } = resolvedPreset?.grafast ?? {};
  if (explain || timeouts) return false;
  const { execute, executeStep, establishOperationPlan: plan } = middleware?.middleware ?? {};
  return !execute && !executeStep && !plan;
}

interface Prepared {
  readonly program: Program;
  readonly inputs: Inputs;
  readonly writes: boolean;
}

/** Undefined if there is no compiled form, or if grafast has an error to report before it runs. */
function prepare(args: GrafastExecutionArgs): Prepared | undefined {
  const operation = getOperationAST(args.document, args.operationName);
  if (!operation) return undefined;
  const sent = args.variableValues ?? {};
  const declared = operation.variableDefinitions ?? [];
  const { coerced: variables } = getVariableValues(args.schema, declared, sent);
  if (!variables) return undefined;
  const context = args.contextValue as object;
  const { rootValue } = args;
  try {
    const plan = establishOperationPlan(
      args.schema,
      operation,
      fragmentsOf(args),
      variables,
      context,
      rootValue,
      'PROPAGATE',
      {},
    );
    const program = programs.get(plan) ?? compile(plan) ?? 'none';
    programs.set(plan, program);
    if (program === 'none') return undefined;
    const writes = operation.operation === 'mutation';
    return { program, inputs: { variables, sent, context, rootValue }, writes };
  } catch {
    return undefined;
  }
}

function fragmentsOf({ document }: GrafastExecutionArgs): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}
