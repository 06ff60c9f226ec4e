/**
 * Routes of SQL functions: GET for a query, POST for a mutation. Takes a call, answers with a row, an array of rows,
 * or an object with the one value.
 */
import { isNonNullType } from 'postgraphile/graphql';
import { objectIn } from './body.ts';
import { type Call, missing, type Page, run, sendJson, shaped } from './call.ts';
import { callDocument } from './documents.ts';
import type { Callable } from './functions.ts';
import { pageOf, textsOf, unknownParameter } from './list-query.ts';
import { linkNext, withParameter } from './lists.ts';
import type { Model, Resource } from './model.ts';
import { invalid } from './problem.ts';
import type { Row } from './rows.ts';
import { checkValue, valueOfText } from './values.ts';

export async function answerCall(call: Call, callable: Callable): Promise<void> {
  const resource = resourceOf(call.model, callable);
  if (callable.kind === 'mutation') {
    const input = argumentsIn(objectIn(call.request.body ?? {}), callable, checked);
    const text = callDocument(callable, resource?.columns, [], false);
    const columnOf = parameterOf(callable);
    const operation = { text, variables: { input: input.values } };
    const { done, result } = await run(call, operation, { columnOf });
    return sendResult(call, callable, resource, done?.result ?? result);
  }
  const texts = textsOf(call.request.query);
  const page = callable.shape === 'page' ? pageOf(texts, call.services.most) : undefined;
  const { sent, values } = argumentsIn(Object.fromEntries(texts), callable, valueOfParameter);
  const after = page?.after;
  const text = callDocument(callable, resource?.columns, sent, after !== undefined);
  const first = page && page.limit + page.skip;
  const variables = { ...values, ...(page && { first }), ...(after !== undefined && { after }) };
  const operation = { text, variables, rows: first ?? 1 };
  const columnOf = parameterOf(callable);
  const data = await run(call, operation, { columnOf }).catch(withParameter(after));
  sendResult(call, callable, resource, data.result, page?.skip);
}

/** The table whose rows the function returns. */
export const resourceOf = ({ resources }: Model, { type }: Callable): Resource | undefined =>
  [...resources.values()].find((one) => one.type === String(type));

const parameterOf =
  ({ parameters }: Callable) =>
  (field: string): string =>
    [...parameters.values()].find(({ argument }) => argument === field)?.name ?? field;

type Read = (name: string, value: unknown, type: Parameters<typeof checkValue>[2]) => unknown;

const checked: Read = (name, value, type) => {
  checkValue(name, value, type);
  return value;
};

const valueOfParameter: Read = (name, value, type) => valueOfText(name, String(value), type);

/** `sent`: names in the order of the function, so that equal requests have equal documents. */
function argumentsIn(given: Readonly<Record<string, unknown>>, callable: Callable, read: Read) {
  const unknown = Object.keys(given).find((name) => !callable.parameters.has(name));
  if (unknown !== undefined) throw unknownParameter(unknown);
  const sent: string[] = [];
  const values: Record<string, unknown> = {};
  for (const { name, argument, type } of callable.parameters.values()) {
    if (Object.hasOwn(given, name)) {
      sent.push(name);
      values[argument] = read(name, given[name], type);
    } else if (isNonNullType(type)) throw invalid(name, 'REQUIRED', `${name} is required.`);
  }
  return { sent, values };
}

function sendResult(
  call: Call,
  { shape, kind }: Callable,
  resource: Resource | undefined,
  value: unknown,
  skip = 0,
): void {
  const rowOf = (row: Row): Row => (resource ? shaped(resource)(row, call.userId) : row);
  switch (shape) {
    case 'nothing':
      call.response.status(204).end();
      break;
    case 'value':
      sendJson(call, 200, kind === 'query' ? { result: value ?? null } : value);
      break;
    case 'row':
      if (value == null) throw missing();
      sendJson(call, 200, rowOf(value as Row));
      break;
    case 'rows':
      sendJson(call, 200, ((value ?? []) as readonly Row[]).map(rowOf));
      break;
    case 'page': {
      const { nodes, pageInfo } = value as Page;
      linkNext(call, pageInfo);
      sendJson(call, 200, nodes.slice(skip).map(rowOf));
    }
  }
}
