/**
 * What one person can send to fill the server's memory: documents and variables that never repeat. Used
 * by test/faults/memory.test.ts (short) and by test/soak/memory.ts (long).
 */

const CONDITION =
  'createdSince: "2020-01-01T00:00:00Z", createdBefore: "2040-01-01T00:00:00Z", completed: false';

/** About 5 kB: 15 lists, each with four orders and several conditions. Each `n` is a plan of its own. */
export function largeDocument(n: number): string {
  const list = (i: number): string =>
    `d${n}_${i}: tasks(first: ${1 + i}, orderBy: [TITLE_ASC, COMPLETED_DESC, CREATED_AT_DESC, ID_ASC],` +
    ` condition: {${CONDITION}, search: "word ${n}"})` +
    ' { totalCount pageInfo { hasNextPage endCursor } nodes { id title completed createdAt updatedAt } }';
  return `{ ${Array.from({ length: 15 }, (_, i) => list(i)).join('\n')} }`;
}

const SHAPED = `query ($first: Int, $after: Cursor, $order: [TaskOrderBy!], $condition: TaskCondition,
  $x: Boolean = true, $y: Boolean = false) {
  tasks(first: $first, after: $after, orderBy: $order, condition: $condition) {
    totalCount @include(if: $x) nodes { id title @include(if: $x) completed @skip(if: $y) }
  }
}`;

/** One document; its variables have another shape or other values for each `n`. */
export function shapedRequest(n: number): { query: string; variables: Record<string, unknown> } {
  const values = {
    first: 1 + (n % 200),
    order: [n % 2 ? 'ID_ASC' : 'TITLE_DESC'],
    condition: { search: `word ${n}` },
    x: n % 3 === 0,
    y: n % 5 === 0,
  };
  const chosen = Object.entries(values).filter((_, i) => (n >> i) % 2 === 0);
  return { query: SHAPED, variables: Object.fromEntries(chosen) };
}
