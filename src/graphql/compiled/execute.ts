/**
 * Carries out an operation by its compiled form, or by grafast: where it has none, and where it did not
 * end well. Receives what grafast's own execute() receives and answers the same.
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

/** As grafserv calls it: for what is not a subscription, and without @defer and @stream. */
export type Execute = (
  args: GrafastExecutionArgs,
) => ExecutionResult | PromiseLike<ExecutionResult>;

/** Of an operation, as the preset makes it. */
interface Context {
  readonly withPgClient: WithPgClient;
}

/** As long as grafast keeps the plan. */
const programs = new WeakMap<OperationPlan, Program | 'none'>();

/** `both`: begun by the compiled form, which gave up. */
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
    // Whatever it was, grafast meets it too, and knows how to tell it.
    const replayed = { ...context, withPgClient: await conversation.replay() };
    const result = await grafast({ ...args, contextValue: replayed });
    return { result, executor: 'both' };
  }
}

/** Whether nobody wants to look into how an operation is carried out, or to stop it. */
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

/** Undefined where there is no compiled form, or grafast has something to say before it begins. */
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
