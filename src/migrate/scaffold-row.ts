/**
 * The row of a table for test/app/rows.ts, as the text to paste there. Takes what is known of the table,
 * returns TypeScript. test/proof/rows.ts explains each property. Never reads or writes a file.
 */

export interface RowColumn {
  readonly name: string;
  /** As format_type() writes it: `text`, `timestamp with time zone`. */
  readonly type: string;
  /** The table that it refers to, as SQL writes it. */
  readonly refers?: string | undefined;
  /** No two rows of a person have the same value. */
  readonly unique?: boolean;
  readonly writable?: 'both' | 'insert' | 'update' | undefined;
}

export interface RowTable {
  readonly sql: string;
  readonly type: string;
  readonly list?: string | undefined;
  readonly owner?: string | undefined;
  readonly reference?: boolean;
  readonly viewOf?: string | undefined;
  /** Primary key without the owner column; undefined: `id`. */
  readonly key?: readonly string[] | undefined;
  readonly deletable?: boolean;
  readonly columns: readonly RowColumn[];
}

/** Valid values other than the usual defaults, by type. */
const VALUES: Readonly<Record<string, string>> = {
  boolean: 'true',
  smallint: '7',
  integer: '7',
  bigint: '7',
  real: '1.5',
  'double precision': '1.5',
  numeric: "'1.5'",
  date: "'2030-01-31'",
  'timestamp with time zone': "'2030-01-31T09:30:00Z'",
  'timestamp without time zone': "'2030-01-31T09:30:00'",
  'time without time zone': "'09:30:00'",
  interval: "'1 day'",
  uuid: "'0190f5d0-0000-7000-8000-000000000001'",
  jsonb: `'{"a": 1}'`,
};

const WRITABLE = { both: 'true', insert: "'insert'", update: "'update'" } as const;

/** One line: `{ value: '$M name', writable: true }`. */
export function columnText({ name, type, refers, unique, writable }: RowColumn): string {
  const base = type.replace(/\(.*?\)/, '').trim();
  const text = /^(text|character varying|character|citext)$/.test(base);
  const value = unique
    ? `'${text ? '$M ' : ''}$N'`
    : text
      ? `'$M ${name.replaceAll('_', ' ')}'`
      : (VALUES[base] ?? `'a valid ${base}'`);
  const known = refers ? `refers: ${quote(refers)}` : `value: ${value}`;
  return `{ ${known}${writable ? `, writable: ${WRITABLE[writable]}` : ''} }`;
}

export function rowText(table: RowTable): string {
  const { sql, type, list, owner, reference, viewOf, key, deletable, columns } = table;
  const lines = [
    `sql: ${quote(sql)},`,
    `type: ${quote(type)},`,
    list && `list: ${quote(list)},`,
    owner && `owner: ${quote(owner)},`,
    reference && 'reference: true,',
    viewOf && `viewOf: ${quote(viewOf)},`,
    key && `key: [${key.map(quote).join(', ')}],`,
    deletable && 'deletable: true,',
    ...(columns.length === 0
      ? ['columns: {},']
      : [
          'columns: {',
          ...columns.map((column) => `  ${nameText(column.name)}: ${columnText(column)},`),
          '},',
        ]),
  ].filter((line) => typeof line === 'string');
  return `{\n${lines.map((line) => `  ${line}`).join('\n')}\n},`;
}

const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

/** A property's name, quoted where TypeScript needs it. */
export const nameText = (name: string): string => (/^[a-z_]\w*$/i.test(name) ? name : quote(name));
