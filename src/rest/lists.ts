/**
 * GET of a list. Takes a call, answers with a bare array, `Link` and `X-Total-Count`. One statement: the rows of all
 * pages are counted beside the page where the client asked for a part, and are known without counting where the
 * page has them all.
 */
import { type Call, type Data, namesOf, type Page, run, sendJson, shaped } from './call.ts';
import { countDocument, listDocument } from './documents.ts';
import { type PageRequest, pageRequest } from './list-query.ts';
import type { List, Resource } from './model.ts';
import { invalid, Problem } from './problem.ts';

export async function answerList(call: Call, resource: Resource, list: List): Promise<void> {
  const { request, response, services, userId } = call;
  const wanted = pageRequest(request.query, list, services.most);
  const page = await pageOf(call, resource, list, wanted);
  const { nodes, pageInfo } = page;
  const total =
    page.totalCount ??
    (pageInfo.hasNextPage ? await countAll(call, resource, list, wanted) : nodes.length);
  response.setHeader('X-Total-Count', String(total));
  linkNext(call, pageInfo);
  const shape = shaped(resource);
  const rows = wanted.skip === 0 ? nodes : nodes.slice(wanted.skip);
  sendJson(
    call,
    200,
    rows.map((row) => shape(row, userId)),
  );
}

async function pageOf(
  call: Call,
  resource: Resource,
  list: List,
  { limit, partial, skip, after, condition, orderBy }: PageRequest,
): Promise<Page> {
  const shape = {
    total: partial,
    after: after !== undefined,
    condition: condition !== undefined,
    orderBy: orderBy !== undefined,
  };
  const first = limit + skip;
  const variables = {
    first,
    ...(shape.after && { after }),
    ...(condition && { condition }),
    ...(orderBy && { orderBy: [orderBy] }),
  };
  const text = listDocument(resource, list, shape);
  const data = await run(
    call,
    { text, variables, rows: first },
    namesOf(resource, call.userId),
  ).catch(withParameter(after));
  const page = pageIn(data);
  if (!page) throw new Error('a list without a page');
  return page;
}

const pageIn = ({ page, me }: Data): Page | undefined => me?.page ?? page;

/** The GraphQL error of a cursor names no argument. */
export const withParameter =
  (after: string | undefined) =>
  (error: unknown): never => {
    if (!(error instanceof Problem) || after === undefined || !/\bcursor\b/i.test(error.message)) {
      throw error;
    }
    throw invalid('after', 'WRONG_TYPE', 'after must be the value of a Link of this list.');
  };

async function countAll(
  call: Call,
  resource: Resource,
  list: List,
  { condition }: PageRequest,
): Promise<number> {
  const text = countDocument(resource, list, condition !== undefined);
  const { page } = await run(call, { text, variables: condition ? { condition } : {} });
  return page?.totalCount ?? 0;
}

/** RFC 8288. The target is relative, so that it is right behind any proxy. */
export function linkNext(
  { request, response }: Call,
  { hasNextPage, endCursor }: Page['pageInfo'],
): void {
  if (!hasNextPage || endCursor === null) return;
  const [path = '', query = ''] = request.originalUrl.split('?');
  const parameters = new URLSearchParams(query);
  for (const name of ['skip', 'offset', 'after']) parameters.delete(name);
  parameters.set('after', endCursor);
  response.setHeader('Link', `<${path}?${parameters}>; rel="next"`);
}
