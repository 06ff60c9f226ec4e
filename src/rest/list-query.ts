/**
 * The query of a list: filters, order, page. Takes the parameters of a URL, returns the request for a page; throws
 * a Problem that names the parameter. A parameter that is not known is refused: a filter with a spelling mistake
 * would otherwise return everything.
 */
import { getNamedType, isListType } from 'postgraphile/graphql';
import type { List } from './model.ts';
import { invalid } from './problem.ts';
import { valueOfText } from './values.ts';

/** Rows of a page, unless the client wants fewer. */
export const PAGE_ROWS = 1000;

export interface PageRequest {
  readonly limit: number;
  /** Whether the client has chosen a limit or a place. */
  readonly partial: boolean;
  readonly skip: number;
  readonly after: string | undefined;
  readonly condition: Readonly<Record<string, unknown>> | undefined;
  readonly orderBy: string | undefined;
}

/** What some front ends call a parameter → its name here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  q: 'search',
  sort_by: 'sort',
  offset: 'skip',
};

export type Parameters = Readonly<Record<string, unknown>>;

/** `most`: the largest limit. */
export function pageRequest(parameters: Parameters, list: List, most: number): PageRequest {
  const texts = textsOf(parameters, list);
  const page = pageOf(texts, most);
  const condition: Record<string, unknown> = {};
  for (const { name, field, type } of list.filters) {
    const text = texts.get(name);
    if (text !== undefined) condition[field] = valueOfText(name, text, type);
    texts.delete(name);
  }
  const completed = completedOf(texts, list);
  if (completed !== undefined) condition.completed ??= completed;
  const orderBy = orderOf(texts, list);
  const [unknown] = texts.keys();
  if (unknown !== undefined) throw unknownParameter(unknown);
  return {
    ...page,
    condition: Object.keys(condition).length > 0 ? condition : undefined,
    orderBy,
  };
}

/** Only the page, for the rows of a function. */
export function pageOf(texts: Map<string, string>, most: number) {
  const limit = integer(texts, 'limit', most);
  const skip = integer(texts, 'skip', most) ?? 0;
  const after = texts.get('after');
  texts.delete('after');
  const room = most - skip;
  if (limit !== undefined && limit > room) {
    throw invalid(
      'skip',
      'OUT_OF_RANGE',
      `skip and limit together are at most ${most}. Use after.`,
    );
  }
  return { limit: limit ?? room, partial: limit !== undefined || after !== undefined, skip, after };
}

/** The parameters with the names they have here, each once. */
export function textsOf(parameters: Parameters, list?: List): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [given, value] of Object.entries(parameters)) {
    const name = OTHER_NAMES[given] ?? given;
    const filter = list?.filters.find((one) => one.name === name);
    const several = filter && isListType(filter.type) && Array.isArray(value);
    const text = several ? value.join(',') : value;
    if (typeof text !== 'string' || texts.has(name)) {
      throw invalid(given, 'WRONG_TYPE', `${given} may be given once.`);
    }
    // An empty field of a form is no filter.
    if (text !== '') texts.set(name, text);
  }
  return texts;
}

export const unknownParameter = (name: string) =>
  invalid(name.slice(0, 100), 'UNKNOWN_FIELD', 'There is no such parameter.');

function integer(texts: Map<string, string>, name: string, most: number): number | undefined {
  const text = texts.get(name);
  texts.delete(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= most) return value;
  throw invalid(name, 'OUT_OF_RANGE', `${name} must be a whole number from 0 to ${most}.`);
}

const STATUSES: ReadonlyMap<string, boolean | undefined> = new Map([
  ['all', undefined],
  ['pending', false],
  ['completed', true],
]);

/** Whether the table has a boolean `completed`, so that `status` has a meaning. */
export const hasStatus = ({ filters }: List): boolean =>
  filters.some(({ name, type }) => name === 'completed' && getNamedType(type).name === 'Boolean');

function completedOf(texts: Map<string, string>, list: List): boolean | undefined {
  const status = texts.get('status');
  if (status === undefined || !hasStatus(list)) return undefined;
  texts.delete('status');
  if (STATUSES.has(status)) return STATUSES.get(status);
  throw invalid('status', 'OUT_OF_RANGE', 'status must be all, pending or completed.');
}

function orderOf(texts: Map<string, string>, { orders }: List): string | undefined {
  const [sort, order] = [texts.get('sort'), texts.get('order')];
  if (orders.size === 0) return undefined;
  texts.delete('sort');
  texts.delete('order');
  if (sort === undefined && order === undefined) return undefined;
  // `created` is short for created_at. An order alone is one of the default, by id.
  const column = orders.get(sort ?? 'id') ?? orders.get(`${sort}_at`);
  if (!column) {
    const names = [...orders.keys()].join(', ');
    throw invalid('sort', 'OUT_OF_RANGE', `sort must be one of: ${names}.`);
  }
  const direction = order?.toLowerCase() ?? 'asc';
  if (direction === 'asc' || direction === 'desc') return column[direction];
  throw invalid('order', 'OUT_OF_RANGE', 'order must be asc or desc.');
}
