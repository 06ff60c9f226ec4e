/**
 * The step classes whose source was read, in the pinned versions. A plan with any other step is left to
 * grafast. A class must never be listed here on the strength of its name or documentation alone.
 */
import { LambdaStep } from 'postgraphile/grafast';
import { BulkInsertStep } from '../schema/bulk-create.ts';
import { BulkDeleteStep, BulkUpdateStep } from '../schema/bulk-existing.ts';
import { ChangedRowsStep } from '../schema/changed-rows.ts';
import { ExistingRowDeleteStep, ExistingRowUpdateStep } from '../schema/existing-row.ts';
import { OnceInsertStep } from '../schema/once.ts';
import { isPure } from '../schema/pure.ts';
import { FLAG_NULL, type PlanStep } from './internals.ts';

/** Why an operation is left to grafast. */
export class NotCompilable extends Error {}

/**
 * What a step does.
 * `statement`: sends one statement, and a second one only after the reply to the first.
 * `value`: computes a value from its dependencies and has no side effect.
 * `pure`: like `value`, and equal dependencies give equal values for every person at any time.
 */
type Kind = 'statement' | 'value' | 'pure';

const KINDS: Readonly<Record<string, Kind>> = {
  'grafast AccessStep': 'pure',
  'grafast ApplyInputStep': 'pure',
  'grafast BakedInputStep': 'pure',
  'grafast ConnectionItemsStep': 'value',
  'grafast ConnectionParamsStep': 'value',
  'grafast ConnectionStep': 'value',
  'grafast ConstantStep': 'pure',
  'grafast EdgeStep': 'value',
  'grafast FirstStep': 'value',
  // Pure only if its function is marked so (pure.ts). The functions of filters and orders, which
  // ApplyInput calls, are assumed to be pure; TemplateCache notices within a second if one is not.
  'grafast LambdaStep': 'value',
  'grafast LastStep': 'value',
  'grafast ListStep': 'pure',
  'grafast ObjectStep': 'pure',
  'grafast PageInfoStep': 'value',
  'grafast RemapKeysStep': 'value',
  'grafast __InputDefaultStep': 'pure',
  'grafast __InputObjectStep': 'pure',
  'grafast __TrackedValueStep': 'pure',
  '@dataplan/pg PgClassExpressionStep': 'value',
  '@dataplan/pg PgCursorStep': 'value',
  '@dataplan/pg PgInsertSingleStep': 'statement',
  '@dataplan/pg PgSelectInlineApplyStep': 'pure',
  '@dataplan/pg PgSelectRowsStep': 'value',
  '@dataplan/pg PgSelectSingleStep': 'value',
  '@dataplan/pg PgSelectStep': 'statement',
};

const OURS: ReadonlySet<unknown> = new Set([
  OnceInsertStep,
  ExistingRowUpdateStep,
  ExistingRowDeleteStep,
  BulkInsertStep,
  BulkUpdateStep,
  BulkDeleteStep,
  ChangedRowsStep,
]);

/** Reads the class's own label: a foreign class may have the same name, or extend one of these. */
function kindOf(step: PlanStep): Kind | undefined {
  const StepClass = step.constructor;
  if (OURS.has(StepClass)) return 'statement';
  if (!Object.hasOwn(StepClass, '$$export')) return undefined;
  const { moduleName, exportName } = (StepClass as unknown as Exported).$$export;
  return KINDS[`${moduleName} ${exportName}`];
}

interface Exported {
  readonly $$export: { readonly moduleName: string; readonly exportName: string };
}

export const sendsStatement = (step: PlanStep): boolean => kindOf(step) === 'statement';

/** Whether equal dependencies give equal values, for every person at any time. */
export const isPureStep = (step: PlanStep): boolean =>
  kindOf(step) === 'pure' || (isLambda(step) && isPure(step.fn));

export const isLambda = (step: PlanStep): step is PlanStep & { readonly fn: object } =>
  step.constructor === (LambdaStep as unknown);

/** Throws NotCompilable if the class is not known, or if the plan uses a feature that is not supported here. */
export function expectKnown(step: PlanStep): void {
  const kind = kindOf(step);
  const { name } = step.constructor;
  if (!kind) throw new NotCompilable(`a step of class ${name}`);
  if (step.hasSideEffects && kind !== 'statement') throw new NotCompilable('a side effect');
  if (step.cloneStreams) throw new NotCompilable(`${name} passes on a stream`);
  if (step.metaKey !== undefined) throw new NotCompilable(`${name} remembers`);
  if (step.polymorphicPaths !== null) throw new NotCompilable('an interface');
  // A value with any other flag causes a Fallback, so null is the only flag left to check.
  if (step.dependencyForbiddenFlags.some((flags) => flags & FLAG_NULL)) {
    throw new NotCompilable(`${name} depends on a value that must not be null`);
  }
}
