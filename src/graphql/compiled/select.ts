/**
 * PostGraphile's select of rows, with its statement remembered: it writes it anew for each request, and for
 * the same operation it is nearly always the same text. What it depends on is part of the key, ids and the
 * places in cursors are parameters, and for everything else the step carries itself out. It must never send
 * a statement whose text or fixed values came of another person's request but by the same key.
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

/** What a select has to know of its operation. */
export interface OperationFacts {
  /** The step whose value is the operation's variables. */
  readonly variables: PlanStep;
  /** Whether the operation has this statement and no other. */
  readonly alone: boolean;
  /** Whether it is a mutation. */
  readonly writes: boolean;
}

type Results = ReturnType<ReturnType<typeof executeOnce>>;

/** Undefined: a step that carries itself out. */
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

/** A parsed cursor: a digest of the order, and where it was in it. Without an order it is a number. */
const isPlace = (place: unknown): place is readonly [string, ...unknown[]] | null | undefined =>
  place == null || (Array.isArray(place) && typeof place[0] === 'string' && place[0] !== 'natural');

/** What PostGraphile makes of the rows; only forwards, where their order is the statement's. */
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
