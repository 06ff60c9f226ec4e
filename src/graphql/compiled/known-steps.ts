/**
 * The steps whose classes were read, in the pinned versions. A plan with any other step is grafast's: only
 * these are known to do nothing but what is assumed of them here.
 */
import { LambdaStep } from 'postgraphile/grafast';
import { ExistingRowDeleteStep, ExistingRowUpdateStep } from '../schema/existing-row.ts';
import { OnceInsertStep } from '../schema/once.ts';
import { isPure } from '../schema/pure.ts';
import { FLAG_NULL, type PlanStep } from './internals.ts';

/** Why an operation is left to grafast. */
export class NotCompilable extends Error {}

/**
 * What a step does. `statement`: sends one, and no second one before the answer to the first. `value`:
 * makes its value of its dependencies and does nothing else. `same`: and the same of the same each time.
 */
type Kind = 'statement' | 'value' | 'same';

const KINDS: Readonly<Record<string, Kind>> = {
  'grafast AccessStep': 'same',
  'grafast ApplyInputStep': 'same',
  'grafast BakedInputStep': 'same',
  'grafast ConnectionItemsStep': 'value',
  'grafast ConnectionParamsStep': 'value',
  'grafast ConnectionStep': 'value',
  'grafast ConstantStep': 'same',
  'grafast EdgeStep': 'value',
  'grafast FirstStep': 'value',
  // Its function is the same for everybody only if it is marked as pure (pure.ts). The functions of filters and
  // orders, which ApplyInput calls, are taken to be; if one is not, Statements finds out within a second.
  'grafast LambdaStep': 'value',
  'grafast LastStep': 'value',
  'grafast ListStep': 'same',
  'grafast ObjectStep': 'same',
  'grafast PageInfoStep': 'value',
  'grafast RemapKeysStep': 'value',
  'grafast __InputDefaultStep': 'same',
  'grafast __InputObjectStep': 'same',
  'grafast __TrackedValueStep': 'same',
  '@dataplan/pg PgClassExpressionStep': 'value',
  '@dataplan/pg PgCursorStep': 'value',
  '@dataplan/pg PgInsertSingleStep': 'statement',
  '@dataplan/pg PgSelectInlineApplyStep': 'same',
  '@dataplan/pg PgSelectRowsStep': 'value',
  '@dataplan/pg PgSelectSingleStep': 'value',
  '@dataplan/pg PgSelectStep': 'statement',
};

const OURS: ReadonlySet<unknown> = new Set([
  OnceInsertStep,
  ExistingRowUpdateStep,
  ExistingRowDeleteStep,
]);

/** By the label of the class itself: another's class may have the same name, or extend one of these. */
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

/** Whether the step makes the same of the same dependencies, whoever asks and whenever. */
export const saysTheSame = (step: PlanStep): boolean =>
  kindOf(step) === 'same' || (isLambda(step) && isPure(step.fn));

export const isLambda = (step: PlanStep): step is PlanStep & { readonly fn: object } =>
  step.constructor === (LambdaStep as unknown);

/** Throws where the step is not known, or its plan wants of it what is not provided here. */
export function expectKnown(step: PlanStep): void {
  const kind = kindOf(step);
  const { name } = step.constructor;
  if (!kind) throw new NotCompilable(`a step of class ${name}`);
  if (step.hasSideEffects && kind !== 'statement') throw new NotCompilable('a side effect');
  if (step.cloneStreams) throw new NotCompilable(`${name} hands on a stream`);
  if (step.metaKey !== undefined) throw new NotCompilable(`${name} remembers`);
  if (step.polymorphicPaths !== null) throw new NotCompilable('an interface');
  // Null is the only flag that a value can have here: with any other it is a Fallback.
  if (step.dependencyForbiddenFlags.some((flags) => flags & FLAG_NULL)) {
    throw new NotCompilable(`${name} depends on a value that must not be null`);
  }
}
