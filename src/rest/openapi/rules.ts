/**
 * What check constraints say about one column, as keywords of JSON Schema. Takes the constraints of a table, returns
 * keywords by column. Only the forms below are read; any other rule is enforced by the database alone.
 */
import { type Constraints, tableKey } from '../../database/constraints.ts';

export type Keywords = { -readonly [keyword in Keyword]?: number };
type Keyword = 'minLength' | 'maxLength' | 'minimum' | 'maximum';

/** PostgreSQL writes `between` as two comparisons. */
const COMPARISON =
  /\b(char_length|length)?\(?\(?(\w+)\)?(?:::text)?\)? (>=|<=|>|<) \(?(-?\d+)(?![.\d])\)?/g;

const KEYWORDS: Readonly<Record<string, Readonly<Record<'>' | '<', Keyword>>>> = {
  length: { '>': 'minLength', '<': 'maxLength' },
  value: { '>': 'minimum', '<': 'maximum' },
};

export function rulesOf(
  constraints: Constraints,
  schema: string,
  table: string,
): ReadonlyMap<string, Keywords> {
  const key = tableKey(schema, table);
  const rules = new Map<string, Keywords>();
  for (const { table: of, columns, definition } of constraints.values()) {
    const [column, ...others] = columns;
    // An alternative (or) is no rule that every value meets.
    if (of !== key || !column || others.length > 0 || !definition) continue;
    if (/\b(OR|NOT|CASE)\b/i.test(definition)) continue;
    const known = rules.get(column) ?? {};
    rules.set(column, Object.assign(known, keywordsOf(column, definition)));
  }
  return rules;
}

function keywordsOf(column: string, definition: string): Keywords {
  const keywords: Keywords = {};
  for (const [, length, name, sign = '', number] of definition.matchAll(COMPARISON)) {
    if (name !== column) continue;
    const side = sign.startsWith('>') ? '>' : '<';
    const keyword = KEYWORDS[length ? 'length' : 'value']?.[side];
    const open = sign.length === 1 ? (side === '>' ? 1 : -1) : 0;
    if (keyword) keywords[keyword] = Number(number) + open;
  }
  return keywords;
}
