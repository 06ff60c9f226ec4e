/**
 * Lets PostGraphile's select of rows write its statement, without sending it. What it hands on must hold
 * nothing of the frame: that is why parameters are made outside.
 */
import type { PgSelectStep } from 'postgraphile/@dataplan/pg';
import { type Frame, once, unary } from './frame.ts';
import { asPlanStep, dependency, type Placeholder, type SelectInternals } from './internals.ts';
import { Parameter, type StatementTemplate } from './templates.ts';

/** What the step hands to its resource to be sent. */
interface Written {
  readonly text: string;
  readonly name?: string;
  readonly rawSqlValues: readonly unknown[];
  /** Of the column that says which row of many a row is for. */
  readonly identifierIndex: number | null;
}

/** What the step makes of no rows. */
interface Page {
  readonly m: object;
  readonly cursorDetails: unknown;
  readonly groupDetails: unknown;
}

/** Undefined for a statement that is one for many rows. Ids and cursors are parameters of it. */
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
    // A parameter is put into the statement as it is.
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

/** A parsed cursor is the digest of an order, and then the values that it was at. */
const withParameters = (cursor: Cursor, id: number): Cursor =>
  cursor?.map((part, i) => (i === 0 ? part : new Parameter(id, i)));
