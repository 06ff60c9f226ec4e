/**
 * Collects the replies of a statement as PostGraphile's result: rows as arrays or objects, row count, notices.
 * It must never parse values of arrays: PostGraphile's codecs read PostgreSQL's text.
 */
import type { ClientBase, FieldDef } from 'pg';
import type { PgClientResult } from 'postgraphile/@dataplan/pg';

export type PgNotice = NonNullable<PgClientResult<unknown>['notices']>[number];

type Parser = (value: string) => unknown;
type Row = unknown[] | Record<string, unknown>;

export class Rows {
  readonly rows: Row[] = [];
  /** From CommandComplete; null for a command without a count. */
  rowCount: number | null = null;
  /** The command tag's first word, as in `INSERT 0 1`. */
  command = '';
  readonly #asArrays: boolean;
  #names: string[] = [];
  #parsers: Parser[] = [];

  constructor(asArrays: boolean) {
    this.#asArrays = asArrays;
  }

  describe(fields: readonly FieldDef[], client: ClientBase): void {
    this.#names = fields.map((field) => field.name);
    this.#parsers = fields.map((field) => client.getTypeParser(field.dataTypeID, 'text'));
  }

  /** Arrays keep PostgreSQL's text for PostGraphile's codecs. Objects are parsed by pg's type parsers. */
  add(values: (string | null)[]): void {
    if (this.#asArrays) {
      this.rows.push(values);
      return;
    }
    const parsed = values.map((value, i) => {
      const parse = this.#parsers[i];
      return value === null || !parse ? value : parse(value);
    });
    this.rows.push(Object.fromEntries(this.#names.map((name, i) => [name, parsed[i]] as const)));
  }

  complete(tag: string): void {
    const [command = '', ...counts] = tag.split(' ');
    const count = Number(counts.at(-1));
    this.command = command;
    this.rowCount = counts.length > 0 && Number.isInteger(count) ? count : null;
  }
}

/** A notice as pg passes it: every field is text. */
export type DriverNotice = { readonly [Field in keyof PgNotice]?: string | undefined };

export function toNotice(notice: DriverNotice): PgNotice {
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    severity: (notice.severity ?? 'NOTICE') as PgNotice['severity'],
    message: notice.message ?? '',
    code: notice.code,
    detail: notice.detail,
    hint: notice.hint,
    position: number(notice.position),
    internalPosition: number(notice.internalPosition),
    internalQuery: notice.internalQuery,
    where: notice.where,
    schema: notice.schema,
    table: notice.table,
    column: notice.column,
    dataType: notice.dataType,
    constraint: notice.constraint,
    file: notice.file,
    line: number(notice.line),
    routine: notice.routine,
  };
}
