/**
 * The one place that knows grafast from the inside: how a plan is found, and what it is made of. Grafast
 * promises its users' steps, not this; hence the exact versions (versions.ts), and the setting that does
 * without it.
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

/** A step as its plan is carried out. */
export interface PlanStep {
  readonly id: number;
  readonly dependencies: readonly PlanStep[];
  /** What a value of that dependency must not be; bits as below. */
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
    /** Of a list's items: the list. */
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

/** PostGraphile's select of rows, as far as its statement is made of it. */
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

/** By its place among the step's dependencies. */
export const dependency = (step: PlanStep, index: number): PlanStep =>
  step.dependencies[index] as PlanStep;

export const asPlanStep = (step: Step): PlanStep => step as unknown as PlanStep;

const require = createRequire(createRequire(import.meta.url).resolve('postgraphile'));

/** A file of grafast's own, which it does not offer by name. */
const within = (file: string) => require(join(dirname(require.resolve('grafast')), file));

/** Plans an operation, or finds the plan made before. */
export const establishOperationPlan: EstablishOperationPlan = within(
  'establishOperationPlan.js',
).establishOperationPlan;

/** Whether a value carries an error, or stands for one. */
export const isFlaggedValue: (value: object) => boolean = within('error.js').isFlaggedValue;

const { $$cacheByOperation } = within('constants.js') as { readonly $$cacheByOperation: symbol };

/**
 * Ties each plan's life to its document's: grafast then finds plans in a WeakMap instead of its own LRU,
 * which counts operations and not bytes. Must run before the schema's first operation.
 */
export function keepPlansWithDocuments(schema: GraphQLSchema): void {
  const plans = new WeakMap<OperationDefinitionNode, object>();
  const grafast = Object.assign(schema.extensions.grafast ?? {}, { [$$cacheByOperation]: plans });
  Object.assign(schema.extensions, { grafast });
}
