/**
 * Compiles PostGraphile's select of rows. The step writes its statement anew for each request, nearly always
 * with the same text; here the text is remembered. Everything the text depends on is part of the key. Ids and
 * the values in cursors are parameters. It must never send a text or a fixed value that was remembered under
 * another key: it may come from another person's request.
 */
import type { PgSelectStep } from 'postgraphile/@dataplan/pg';
import { executeOnce, type Frame, type Inputs } from './frame.ts';
import {
  asPlanStep,
  dependency,
  type PlanStep,
  type SelectInternals,
  selectInternals,
} from './internals.ts';
import { type Context, sendAlone, sendOnce } from './send.ts';
import { type StatementTemplate, TemplateCache, valuesOf } from './templates.ts';
import { isAllKnown, keyOf } from './variables.ts';
import { writeStatement } from './write-statement.ts';

/** The facts of an operation that decide how its steps are compiled. */
export interface OperationFacts {
  /** The step that holds the operation's variables. */
  readonly variables: PlanStep;
  /** Whether the operation has one statement only. */
  readonly alone: boolean;
  /** Whether it is a mutation. */
  readonly writes: boolean;
}

type Results = ReturnType<ReturnType<typeof executeOnce>>;

/** Undefined if the step has to run its own execute(). */
export function compileSelect(
  select: PgSelectStep,
  { variables, alone }: OperationFacts,
): ((frame: Frame, inputs: Inputs) => Results) | undefined {
  const step = asPlanStep(select);
  const internals = selectInternals(select);
  const { mode, deferreds, streamDetailsDepIds } = internals;
  if (mode !== 'normal' || deferreds.length > 0 || streamDetailsDepIds?.length) return undefined;
  if (!isAllKnown(step, internals)) return undefined;
  const applied = internals.applyDepIds.map((index) => dependency(step, index));
  const keyOfVariables = keyOf(applied, variables);
  if (!keyOfVariables) return undefined;

  const idOf = (index: number | null) => (index === null ? -1 : dependency(step, index).id);
  const context = idOf(internals.contextId);
  const first = idOf(internals.firstStepId);
  const after = idOf(internals.afterStepId);
  const others = [internals.lastStepId, internals.beforeStepId, internals.offsetStepId]
    .map(idOf)
    .filter((id) => id >= 0);
  const execute = executeOnce(step);
  const send = alone ? sendAlone : sendOnce(select);
  const statements = new TemplateCache((frame) => writeStatement(select, internals, frame));

  return (frame, { sent }) => {
    const size = first < 0 ? null : (frame[first] as number | null | undefined);
    const place = after < 0 ? null : frame[after];
    if (size === 0 || !isPlace(place) || others.some((id) => frame[id] != null)) {
      return execute(frame);
    }
    const key = keyOfVariables(sent);
    if (key === undefined) return execute(frame);
    const page = JSON.stringify([size ?? null, place ? [place[0], place.length] : null]);
    const statement = statements.get(`${page} ${key}`, frame);
    if (!statement) return execute(frame);
    const values = valuesOf(statement, frame);
    return send(frame[context] as Context, statement, values).then((rows) => [
      pageOf(rows, size, internals, statement),
    ]);
  };
}

/** A parsed cursor: the digest of an order, then the row's values. Without an order it is a row number. */
const isPlace = (place: unknown): place is readonly [string, ...unknown[]] | null | undefined =>
  place == null || (Array.isArray(place) && typeof place[0] === 'string' && place[0] !== 'natural');

/** PgSelectStep's result for these rows. Forward pages only: the rows come in the statement's order. */
function pageOf(
  rows: readonly unknown[],
  size: number | null | undefined,
  { fetchOneExtra }: SelectInternals,
  { meta, cursorDetails, groupDetails }: StatementTemplate,
) {
  const hasMore = fetchOneExtra && size != null && rows.length > size;
  return {
    hasNextPage: hasMore,
    hasPreviousPage: false,
    items: hasMore ? rows.slice(0, size) : rows,
    cursorDetails,
    groupDetails,
    m: meta,
  };
}
