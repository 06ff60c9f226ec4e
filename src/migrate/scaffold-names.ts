/**
 * What a new table is made of, and the names and words of its parts. Takes names that scaffold-check.ts has
 * accepted, returns text. Never looks into a database.
 */

export interface NewColumn {
  readonly name: string;
  /** As SQL writes it: `text`, `numeric(10, 2)`. */
  readonly type: string;
  /** What follows the type: `not null`, `default 0`; empty if there is nothing. */
  readonly rest: string;
  /** As format_type() writes it, without a length. */
  readonly typeName: string;
  readonly isText: boolean;
}

/** An owned table with an `id` that the new one refers to. */
export interface Parent {
  readonly name: string;
  readonly owner: string;
  /** Whether it has a unique key of owner and id. If not, the migration adds one. */
  readonly isKeyed: boolean;
}

export interface NewTable {
  readonly name: string;
  readonly columns: readonly NewColumn[];
  readonly parents: readonly Parent[];
  /** The field of the API that lists the rows. */
  readonly list: string;
}

/** Characters of a text column, unless the author writes another limit. */
export const LENGTH = 200;

export const words = (name: string): string => name.replaceAll('_', ' ');
export const article = (noun: string): string =>
  /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
export const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The column of a reference. */
export const referenceName = ({ name }: Parent): string => `${name}_id`;

export const keyName = ({ name, owner }: Parent): string => `${name}_${owner}_id_key`;
export const lengthName = (table: string, { name }: NewColumn) => `${table}_${name}_length`;
export const blankName = (table: string, { name }: NewColumn) => `${table}_${name}_not_blank`;
export const referenceKey = (table: string, parent: Parent) =>
  `${table}_${referenceName(parent)}_fkey`;
