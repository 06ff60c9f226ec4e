/**
 * Lets PostGraphile's select write its statement without sending it. Takes the step and a frame, returns a
 * template. The template must never refer to the frame: the encoders of parameters are created outside of it.
 */
import type { PgSelectStep } from 'postgraphile/@dataplan/pg';
import { type Frame, once, unary } from './frame.ts';
import { asPlanStep, dependency, type Placeholder, type SelectInternals } from './internals.ts';
import { Parameter, type StatementTemplate } from './templates.ts';

/** What the step passes to its resource to be sent. */
interface Written {
  readonly text: string;
  readonly name?: string;
  readonly rawSqlValues: readonly unknown[];
  /** Index of the column that assigns a result row to an input row; null for one input row. */
  readonly identifierIndex: number | null;
}

/** The step's result for no rows. */
interface Page {
  readonly m: object;
  readonly cursorDetails: unknown;
  readonly groupDetails: unknown;
}

/** Undefined for a statement that serves many input rows. Ids and cursors become parameters. */
export async function writeStatement(
  select: PgSelectStep,
  { placeholders, afterStepId }: SelectInternals,
  frame: Frame,
): Promise<StatementTemplate | undefined> {
  const step = asPlanStep(select);
  const given = step.dependencies.map(({ id }) => unary(frame[id]));
  for (const placeholder of placeholders) {
    const { id } = dependency(step, placeholder.dependencyIndex);
    given[placeholder.dependencyIndex] = unary(
      new Parameter(id, undefined, encoderOf(placeholder)),
    );
  }
  if (afterStepId !== null) {
    const { id } = dependency(step, afterStepId);
    given[afterStepId] = unary(withParameters(frame[id] as Cursor, id));
  }
  let written: Written | undefined;
  const keep = async (specs: readonly unknown[], statement: Written) => {
    written = statement;
    return { values: specs.map(() => []) };
  };
  const resource = Object.create(select.resource, {
    executeWithCache: { value: keep },
    executeWithoutCache: { value: keep },
  });
  const unsent = Object.create(select, {
    // Keeps the step from encoding the Parameter object itself.
    placeholders: { value: placeholders.map((p) => ({ ...p, alreadyEncoded: true })) },
    resource: { value: resource },
  }) as PgSelectStep;
  const [page] = (await unsent.execute(once(given))) as unknown as readonly [Page];
  if (!written || written.identifierIndex !== null) return undefined;
  const { text, name, rawSqlValues: values } = written;
  const { m: meta, cursorDetails, groupDetails } = page;
  return { text, name, values, meta, cursorDetails, groupDetails };
}

const encoderOf = ({ alreadyEncoded, codec }: Placeholder) =>
  alreadyEncoded ? undefined : (value: unknown) => codec.toPg(value);

type Cursor = readonly unknown[] | null | undefined;

/** A parsed cursor is the digest of an order, then the row's values. Only the values become parameters. */
const withParameters = (cursor: Cursor, id: number): Cursor =>
  cursor?.map((part, i) => (i === 0 ? part : new Parameter(id, i)));
