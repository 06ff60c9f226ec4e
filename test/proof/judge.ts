/** What came back from a step: whether it could have been that, and what it means for the model. */
import type { Outcome } from './channels.ts';
import type { Model } from './model.ts';
import type { Step } from './step.ts';

export interface Taken {
  readonly step: Step;
  readonly person: number;
  /** The row it was about. */
  readonly id: number | undefined;
  /** The text it wrote, if it wrote one; no other step writes the same. */
  readonly title: string;
  /** Undefined: no answer came. */
  readonly outcome: Outcome | undefined;
}

/** Answers to what concerns other people's rows, or comes from nobody. By SQL it may also touch no row. */
const REFUSALS = ['NOT_FOUND', '42501', 'UNAUTHENTICATED'];
const INVALID = ['BAD_USER_INPUT', '23514'];

/** What is wrong with it, or null. */
export function judge(model: Model, taken: Taken): string | null {
  const { step, person, id, title, outcome } = taken;
  for (const row of outcome?.rows ?? [])
    if (row.user_id !== person || !row.title.startsWith(`${person}:`))
      return `read ${JSON.stringify(row)}`;
  if (!outcome) {
    if (step.action === 'create') model.maybeCreated(person, title);
    if (step.action === 'update' && id !== undefined) model.maybeUpdated(person, id, title);
    if (step.action === 'delete' && id !== undefined) model.maybeDeleted(person, id);
    return null;
  }
  // A view refuses a row that changed while the statement ran, where a table would look again. Nothing was done.
  if (outcome.error === '40001' && step.channel === 'login') return null;
  const right = isRight(model, taken, outcome);
  if (right && !outcome.undone) learn(model, taken, outcome);
  return right ? null : `answered ${JSON.stringify(outcome)}`;
}

function isRight(model: Model, { step, person, id, title }: Taken, outcome: Outcome): boolean {
  const [row] = outcome.rows;
  switch (step.action) {
    case 'create':
      return row?.title === title;
    case 'update':
      return id !== undefined && (!model.isThere(person, id) || row?.title === title);
    case 'delete':
      return id !== undefined && (!model.isThere(person, id) || row?.id === id);
    case 'read':
    case 'set all':
    case 'clear':
      return outcome.error === undefined;
    case 'create a blank one':
      return INVALID.includes(outcome.error ?? '');
    default:
      return !row && (!outcome.error || REFUSALS.includes(outcome.error));
  }
}

function learn(model: Model, { step, person, id, title }: Taken, outcome: Outcome): void {
  const [row] = outcome.rows;
  const { action, completed } = step;
  if (action === 'set all') model.allSet(person, completed);
  if (action === 'clear') model.cleared(person);
  if (!row) return;
  if (action === 'create') model.created(person, row.id, title, completed);
  if (action === 'update' && id !== undefined) model.updated(person, id, title, completed);
  if (action === 'delete' && id !== undefined) model.deleted(person, id);
}
