/**
 * Types and functions of grafast and @dataplan/pg that are not public: how a plan is found and what it
 * consists of. A release may change them, so versions.ts accepts exact versions only. GRAPHQL_EXECUTOR=grafast
 * works without this file. docs/executor.md lists each internal with its library file.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PgSelectStep } from 'postgraphile/@dataplan/pg';
import type { ExecutionDetails, Step } from 'postgraphile/grafast';
import type {
  FragmentDefinitionNode,
  GraphQLLeafType,
  GraphQLSchema,
  OperationDefinitionNode,
} from 'postgraphile/graphql';

/** A step of a finished plan. */
export interface PlanStep {
  readonly id: number;
  readonly dependencies: readonly PlanStep[];
  /** By dependency: the flags that its value must not have, as bits (FLAG_NULL). */
  readonly dependencyForbiddenFlags: readonly number[];
  readonly polymorphicPaths: ReadonlySet<string> | null;
  readonly hasSideEffects: boolean;
  readonly cloneStreams: boolean;
  readonly metaKey: unknown;
  readonly _isUnary: boolean;
  execute(details: ExecutionDetails): unknown;
  unbatchedExecute(extra: object, ...values: unknown[]): unknown;
}

export const FLAG_NULL = 2;

export interface Phase {
  readonly normalSteps?: readonly { readonly step: PlanStep }[];
  readonly unbatchedSyncAndSafeSteps?: readonly { readonly step: PlanStep }[];
}

export interface LayerPlan {
  readonly reason: {
    readonly type: string;
    readonly parentLayerPlan?: LayerPlan;
    /** If the layer is a list's items: the step of the list. */
    readonly parentStep?: PlanStep;
    readonly stream?: unknown;
  };
  readonly rootStep: PlanStep | null;
  readonly phases: readonly Phase[];
  readonly children: readonly LayerPlan[];
}

export type OutputField =
  | { readonly type: '__typename' }
  | { readonly type: 'outputPlan'; readonly outputPlan: OutputPlan; readonly isNonNull: boolean };

export interface OutputPlan {
  readonly type:
    | { readonly mode: 'leaf'; readonly graphqlType: GraphQLLeafType }
    | {
        readonly mode: 'root' | 'object';
        readonly typeName: string;
        readonly hasRootBehavior?: boolean;
      }
    | { readonly mode: 'array' | 'null' | 'polymorphic' | 'introspection' };
  readonly layerPlan: LayerPlan;
  readonly rootStep: PlanStep;
  readonly processRoot: ((value: unknown, flags: number) => unknown) | null;
  readonly keys: Readonly<Record<string, OutputField>>;
  readonly child: OutputPlan | null;
  readonly childIsNonNull: boolean;
  readonly deferredOutputPlans: readonly OutputPlan[];
}

export interface OperationPlan {
  readonly operation: OperationDefinitionNode;
  readonly rootLayerPlan: LayerPlan;
  readonly rootOutputPlan: OutputPlan;
  readonly variableValuesStep: PlanStep;
  readonly contextStep: PlanStep;
  readonly rootValueStep: PlanStep;
}

/** The fields of PgSelectStep that decide about its statement. Ids are indexes of its dependencies. */
export interface SelectInternals {
  readonly contextId: number;
  readonly firstStepId: number | null;
  readonly lastStepId: number | null;
  readonly offsetStepId: number | null;
  readonly afterStepId: number | null;
  readonly beforeStepId: number | null;
  readonly applyDepIds: readonly number[];
  readonly streamDetailsDepIds: readonly number[] | null;
  readonly placeholders: readonly Placeholder[];
  readonly deferreds: readonly unknown[];
  readonly fetchOneExtra: boolean;
  readonly mode: string;
}

export interface Placeholder {
  readonly dependencyIndex: number;
  readonly codec: { toPg(value: unknown): unknown };
  readonly alreadyEncoded: boolean;
}

export const selectInternals = (step: PgSelectStep): SelectInternals =>
  step as unknown as SelectInternals;

type EstablishOperationPlan = (
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
  variables: Readonly<Record<string, unknown>>,
  context: object,
  rootValue: unknown,
  onError: 'PROPAGATE',
  options: object,
) => OperationPlan;

/** The dependency with this index. */
export const dependency = (step: PlanStep, index: number): PlanStep =>
  step.dependencies[index] as PlanStep;

export const asPlanStep = (step: Step): PlanStep => step as unknown as PlanStep;

const require = createRequire(createRequire(import.meta.url).resolve('postgraphile'));

/** A file of grafast that its package.json does not export. */
const within = (file: string) => require(join(dirname(require.resolve('grafast')), file));

/** Plans an operation, or returns the plan that grafast has kept. */
export const establishOperationPlan: EstablishOperationPlan = within(
  'establishOperationPlan.js',
).establishOperationPlan;

/** Whether a value is an error in grafast's wrapping. */
export const isFlaggedValue: (value: object) => boolean = within('error.js').isFlaggedValue;

/** Grafast looks plans up by the operation's node, with `get` and `set` only. */
const cacheByOperation: symbol = within('constants.js').$$cacheByOperation;

export const planCacheOf = (cache: WeakMap<OperationDefinitionNode, unknown>): object => ({
  [cacheByOperation]: cache,
});
