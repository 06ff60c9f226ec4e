/** Descriptions in the schema for everything without a comment in the database. describe.ts applies them. */

export const TYPES: Readonly<Record<string, string>> = {
  Query: 'Reads. Returns data of the signed-in person only.',
  Mutation: 'Writes. Several in one request run in order, each in its own transaction.',
  Subscription: 'Streams of changes of the signed-in person’s rows.',
  PageInfo: 'The ends of a page, and whether there are more pages.',
  Cursor: 'An opaque place in a list, valid for the order it was made with.',
  Datetime: 'RFC 3339, with a time zone and at most six decimals: 2026-01-31T09:30:00.123456Z.',
};

/** Fields and arguments of lists and payloads, the same for every table. */
export const FIELDS: Readonly<Record<string, string>> = {
  edges: 'The rows of the page, each with its cursor.',
  nodes: 'The rows of the page.',
  pageInfo: 'The ends of the page, and whether there are more pages.',
  totalCount: 'Number of rows on all pages.',
  cursor: 'The place of the row in the list, for after and before.',
  node: 'The row.',
  startCursor: 'Cursor of the first row; null if the page is empty.',
  endCursor: 'Cursor of the last row; null if the page is empty.',
  hasNextPage: 'Whether there are rows after the page. Reliable with first.',
  hasPreviousPage: 'Whether there are rows before the page. Reliable with last.',
  after: 'Only rows after this cursor.',
  before: 'Only rows before this cursor.',
  condition: 'Filters, combined with AND.',
  orderBy: 'Sort order. Equal values are ordered by id in the same direction.',
  input: 'The input.',
  count: 'Number of changed or deleted rows.',
  ids: 'The ids of all changed or deleted rows.',
  query: 'To read after the write, for example the list that has changed.',
};

/** Fields of the mutations' inputs, except the row. */
export const INPUTS: Readonly<Record<string, string>> = {
  patch: 'The changes.',
  clientMutationId: 'Not used; leave it out. GraphQL forbids empty inputs.',
  expectedUpdatedAt:
    'The updatedAt that you read. If the row has changed since, nothing is written and the code is CONFLICT; extensions.current is the row as it is now. null: the row must never have changed. Absent: not checked.',
  idempotencyKey:
    'A text of at most 200 characters, new for each create. Repeating the request with the same key within 24 hours returns what it has created instead of creating it again. The same key with other content is CONFLICT.',
  ids: 'The ids of the rows, each once. All of them are written, or none.',
};
