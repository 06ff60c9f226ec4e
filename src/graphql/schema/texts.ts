/**
 * How texts are found and ordered, the same in every database: each expression names its collation. Takes the SQL of
 * a column and of a value, returns SQL. Uses what PostgreSQL has since version 16. Must never depend on the locale
 * of the database, and must never make a pattern of a client's text.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgCodecAttribute } from 'postgraphile/@dataplan/pg';
import { type SQL, sql } from 'postgraphile/pg-sql2';

/**
 * The root collation of Unicode (https://www.unicode.org/reports/tr35/tr35-collation.html#Root_Collation), which
 * PostgreSQL makes in every database with ICU. It is deterministic: texts are equal only if their bytes are, so a
 * cursor is one place.
 */
const UNICODE = sql`"pg_catalog"."und-x-icu"`;

/**
 * Capital letters that upper() leaves in a second form. `I` stands for the four letters I, i, İ and ı, because
 * a Turkish and an English reader write the same word with different ones. The Greek pairs are composed again.
 */
const SECOND_FORMS: readonly (readonly [form: string, letter: string])[] = [
  ['I\u0307', 'I'],
  ['\u0130', 'I'],
  ['\u1e9e', 'SS'],
  ['\u0399\u0308', '\u03aa'],
  ['\u03a5\u0308', '\u03ab'],
];

/** Upper case, because it knows no final sigma and writes ß as SS. `text` must be in the form NFKC. */
const folded = (text: SQL): SQL =>
  SECOND_FORMS.reduce(
    (all, [form, letter]) => sql`replace(${all}, ${sql.literal(form)}, ${sql.literal(letter)})`,
    sql`upper(${text} collate ${UNICODE})`,
  );

/**
 * Whether `text` contains `wanted`, without regard to case and to how accents are encoded. NFKC
 * (https://www.unicode.org/reports/tr15/) also makes one of full and half width, of ligatures and their letters, and
 * of a no-break space and a space. Null contains nothing; an empty text is in every other.
 *
 * `wanted` is folded once for the statement. Texts of ASCII only, and texts that are in the form already, take a
 * shorter way with the same result: ICU and normalize() cost ten times as much as upper() for ASCII.
 */
export function contains(text: SQL, wanted: SQL): SQL {
  const searched = sql`(select ${folded(sql`normalize(${wanted}, nfkc)`)})`;
  const normal = sql`(case when ${text} is nfkc normalized then ${text} else normalize(${text}, nfkc) end)`;
  return sql`case when octet_length(${text}) = char_length(${text})
    then strpos(upper(${text} collate "C"), ${searched} collate "C") else strpos(${folded(normal)}, ${searched}) end > 0`;
}

/**
 * `text` as the API orders it. An index serves the order if it names the same collation:
 * `(user_id, title collate "und-x-icu", id)`.
 */
export const ordered = (text: SQL): SQL => sql`(${text} collate ${UNICODE})`;

/** pg_collation.oid of the database's own collation (https://www.postgresql.org/docs/18/collation.html). */
const DATABASE_DEFAULT = '100';

/** Whether the migration chose a collation for the column or its domain. Its orders keep that collation. */
export const hasOwnCollation = ({ extensions }: Pick<PgCodecAttribute, 'extensions'>): boolean =>
  extensions?.hasOwnCollation === true;

declare global {
  namespace DataplanPg {
    interface PgCodecAttributeExtensions {
      hasOwnCollation?: boolean;
    }
  }
}

export const CollationsPlugin: GraphileConfig.Plugin = {
  name: 'CollationsPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      pgCodecs_attribute(_info, { pgAttribute: { attcollation }, attribute }) {
        const own = attcollation !== null && !['0', DATABASE_DEFAULT].includes(attcollation);
        if (own) attribute.extensions = { ...attribute.extensions, hasOwnCollation: true };
      },
    },
  },
};
