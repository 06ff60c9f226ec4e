/**
 * Statements by which a personal login could learn another person's values, without ever being shown a row.
 * Data only; test/database/side-channels.test.ts runs them.
 *
 * `$R` is the relation, `$C` the column, `$P` the value asked about, `$W` the condition. `$F` and `$N` leave a
 * trace in a setting when they are checked: `$F` at the price of an operator, `$N` at no price.
 */

export interface Column {
  readonly column: string;
  readonly relation: 'task' | '"user"';
  /** A text has an order that halving can use; of any other type, one value is asked about. */
  readonly isText: boolean;
}

export const COLUMNS: readonly Column[] = [
  { column: 'title', relation: 'task', isText: true },
  { column: 'email', relation: '"user"', isText: true },
  { column: 'id', relation: 'task', isText: false },
  { column: 'user_id', relation: 'task', isText: false },
  { column: 'created_at', relation: 'task', isText: false },
];

const SCAN =
  'set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off';
const INDEX = 'set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off';

const COSTS = [
  'cpu_operator_cost',
  'cpu_tuple_cost',
  'cpu_index_tuple_cost',
  'seq_page_cost',
  'random_page_cost',
] as const;

/** Free, the smallest number that is not zero, and one that exceeds every other price. */
const PRICES = ["'0'", "'0x1p-1074'", "'1e300'"] as const;

export interface Setting {
  readonly name: string;
  readonly sql: string;
  /** Tried with every statement and column; the others with three statements and the texts. */
  readonly thorough?: true;
}

export const SETTINGS: readonly Setting[] = [
  { name: 'a full scan', sql: SCAN, thorough: true },
  { name: 'an index in its order', sql: INDEX, thorough: true },
  { name: 'row_security off', sql: 'set row_security = off' },
  ...COSTS.flatMap((cost) =>
    PRICES.map((price) => ({
      name: `a full scan, ${cost} ${price}`,
      sql: `${SCAN}; set ${cost} = ${price}`,
      ...(cost === 'cpu_operator_cost' && { thorough: true as const }),
    })),
  ),
];

export const TEXT_CONDITIONS: readonly string[] = [
  "$C >= '$P' and $C < '$P~' and $F",
  "$C >= any (array['$P']) and $C < any (array['$P~']) and $F",
  // The review's own: half the price of an operator, and a trace that costs nothing.
  "$C >= any (array['$P']) and $C < any (array['$P~']) and $N",
  "$C between '$P' and '$P~' and $F",
  "($C, $C) >= ('$P', '$P') and ($C, $C) < ('$P~', '$P~') and $F",
  "case when $C >= '$P' and $C < '$P~' then $F end",
  "coalesce(nullif($C >= '$P' and $C < '$P~', false), false) and $F",
  "not ($C < '$P' or $C >= '$P~') and $F",
  "$C ^@ '$P' and $F",
  `('{"$P1": true}'::jsonb)[$C] is not null and $N`,
  // An error instead of a trace.
  "1 / (case when $C >= '$P' and $C < '$P~' then 0 else 1 end) = 1",
  "(case when $C >= '$P' and $C < '$P~' then $C else '1' end)::integer = 1",
];

export const VALUE_CONDITIONS: readonly string[] = [
  "$C = '$P' and $F",
  "$C >= any (array['$P']::$T[]) and $C <= any (array['$P']::$T[]) and $F",
  "$C >= any (array['$P']::$T[]) and $C <= any (array['$P']::$T[]) and $N",
  "1 / (case when $C = '$P' then 0 else 1 end) = 1",
];

/** A look-up in an array costs nothing; it works for integers only. */
export const INTEGER_CONDITIONS: readonly string[] = [
  "(select '[$P:$P]={t}'::boolean[])[$C] and $N",
];

export interface Attempt {
  readonly sql: string;
  /** Run before, in the same transaction. */
  readonly before?: string;
}

export const ATTEMPTS: readonly Attempt[] = [
  { sql: 'select count(*) from $R where $W' },
  { sql: 'select count(*) from (table $R union all table $R) as u where $W' },
  { sql: 'select exists (select from $R where $W)' },
  { sql: 'select 1 from $R where $W order by $C' },
  { sql: 'select count(*) from (values (1)) as v, lateral (select from $R where $W limit 1) as l' },
  { sql: 'delete from $R where $W' },
  { sql: 'merge into $R using (select) as s on $W when matched then do nothing' },
  {
    sql: 'fetch all from probe_cursor',
    before: 'declare probe_cursor cursor for select 1 from $R where $W',
  },
  {
    sql: 'execute probe_plan',
    before:
      "set local plan_cache_mode = 'force_generic_plan'; prepare probe_plan as select 1 from $R where $W",
  },
  { sql: 'update $R set $U where $W' },
];

export const TRACE = "id <> (select -length(set_config('probe.ran', 'yes', false)))";
export const FREE_TRACE = "(select to_jsonb(set_config('probe.ran', 'yes', false)))[id] is null";
