/** What the API says about itself where no comment in the database does; describe.ts puts it in place. */

export const TYPES: Readonly<Record<string, string>> = {
  Query: 'What can be read. All of it belongs to the signed-in person.',
  Mutation: 'What can be changed. Several in one request are done in order, each for itself.',
  PageInfo: 'Where a page begins and ends, and whether there is more.',
  Cursor: 'A place in a list, good for the order it was made with. To be kept, not to be read.',
  Datetime:
    'A moment, written as RFC 3339 says, with a time zone and up to six decimals: 2026-01-31T09:30:00.123456Z.',
};

/** Fields and arguments of lists and payloads, the same for every table. */
export const FIELDS: Readonly<Record<string, string>> = {
  edges: 'The rows of the page, each with its cursor.',
  nodes: 'The rows of the page.',
  pageInfo: 'Where the page begins and ends.',
  totalCount: 'How many there are on all pages together.',
  cursor: 'Its place in the list, for after and before.',
  node: 'The row itself.',
  startCursor: 'The first row of the page; null if the page is empty.',
  endCursor: 'The last row of the page; null if the page is empty.',
  hasNextPage: 'Whether there are rows after the page. Reliable with first.',
  hasPreviousPage: 'Whether there are rows before the page. Reliable with last.',
  after: 'Only what comes after this cursor.',
  before: 'Only what comes before this cursor.',
  condition: 'Only what meets all of this.',
  orderBy: 'The order. What is equal in it is ordered by id, in the same direction.',
  input: 'What it needs.',
  count: 'How many rows it changed or deleted.',
};

/** Fields of mutations' inputs, beside the row itself. */
export const INPUTS: Readonly<Record<string, string>> = {
  patch: 'What to change.',
  clientMutationId: 'Not used. It is here because GraphQL has no empty inputs; leave it out.',
  expectedUpdatedAt:
    'The updatedAt you read. If the row has changed since, nothing is done and the code is CONFLICT. Null: it must never have changed. Absent: it does not matter.',
  idempotencyKey:
    'A text of your choice, new for each row, 200 characters at most. The same request with the same key, within 24 hours, returns the row that is there instead of making another; with other content the code is CONFLICT.',
};
