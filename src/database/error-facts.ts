/**
 * What the operator's log says of a database error besides its message: SQLSTATE, table, constraint, detail, hint
 * and the place in the function. Takes any error, returns lines, empty for other errors. Must never return values
 * of a row: the detail of a broken constraint prints the row, so it is left out.
 */
import { DatabaseError } from 'pg';

/** integrity_constraint_violation: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const PRINTS_ROWS = /^23/;

/** Characters of one fact: a context may quote a whole statement. */
const LONGEST = 1000;

export function errorFacts(error: unknown): string {
  if (!(error instanceof DatabaseError)) return '';
  const { code, schema, table, column, constraint, detail, hint, where } = error;
  const of = [schema, table, column].filter(Boolean).join('.');
  const facts: readonly [name: string, value: string | undefined][] = [
    ['SQLSTATE', code],
    [column ? 'column' : 'table', of],
    ['constraint', constraint],
    ['detail', PRINTS_ROWS.test(code ?? '') ? undefined : detail],
    ['hint', hint],
    ['where', where],
  ];
  return facts
    .flatMap(([name, value]) => (value ? `${name} ${value.slice(0, LONGEST)}` : []))
    .join('\n');
}
