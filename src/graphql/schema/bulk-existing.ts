/**
 * Update and delete of many rows by their ids: one statement, all rows or none. An id that is not there or that
 * belongs to another person is NOT_FOUND, with the same answer for both: the statement counts the rows that the
 * policies let it write. Takes at least one id and none twice.
 */
import type { PgResource } from 'postgraphile/@dataplan/pg';
import type { ExecutionDetails, Step } from 'postgraphile/grafast';
import { type SQL, sql } from 'postgraphile/pg-sql2';
import { clientError } from '../client-error.ts';
import { NOTHING_TO_CHANGE } from './existing-row.ts';
import { ManyRowsStep, type Written } from './many-rows.ts';
import {
  type Assignment,
  columnSetter,
  selected,
  selectedNames,
  tableOf,
} from './row-statement.ts';

/** Raised by the statement if it has not found all rows; the API's NOT_FOUND. */
const MISSING = sql.literal('RG404');

const ID = sql.identifier('id');

abstract class ExistingRowsStep extends ManyRowsStep {
  readonly #ids: number;

  constructor(resource: PgResource, ids: Step) {
    super(resource);
    this.#ids = this.addUnaryDependency(ids);
  }

  protected idsOf(details: ExecutionDetails): readonly number[] {
    const ids: readonly number[] = details.values[this.#ids]?.unaryValue() ?? [];
    const wrong =
      ids.length === 0
        ? 'ids must not be empty.'
        : new Set(ids).size < ids.length && 'ids must not have an id twice.';
    if (wrong) throw clientError('BAD_USER_INPUT', wrong, undefined, { field: 'ids' });
    return ids;
  }

  /** A condition that is always true: the statement ends with an error if `written` has too few rows. */
  protected all(written: SQL, ids: readonly number[]): SQL {
    const count = sql`(select count(*) from ${written})`;
    return sql`public.stop_unless(${count} = ${sql.value(ids.length)}::integer, ${MISSING})`;
  }
}

const arrayOf = (ids: readonly number[]): SQL => sql`${sql.value(`{${ids.join()}}`)}::integer[]`;

/**
 * The rows of these ids. The planner does not see how many ids a sub-select gives, so it takes the index that leads
 * with the owner for one as for a hundred, and never visits another person's rows by the index of the ids alone.
 */
const among = (alias: SQL, ids: readonly number[]): SQL =>
  sql`${alias}.${ID} = any ((select ${arrayOf(ids)})::integer[])`;

export class BulkUpdateStep extends ExistingRowsStep {
  readonly #patch: number;

  /** `patch` is a function that applies the patch to a target. */
  constructor(resource: PgResource, ids: Step, patch: Step) {
    super(resource, ids);
    this.#patch = this.addUnaryDependency(patch);
  }

  /** Rows in the order of the ids. */
  protected override async write(details: ExecutionDetails): Promise<Written> {
    const { alias, resource } = this;
    const ids = this.idsOf(details);
    const set = this.#assignments(details);
    if (set.length === 0) throw clientError('BAD_USER_INPUT', NOTHING_TO_CHANGE);
    const sets = sql.join(
      set.map(({ name, value }) => sql`${sql.identifier(name)} = ${value}`),
      ', ',
    );
    const answer = selectedNames(this).map((name) => sql`changed.${name}`);
    const rows = await this.send(
      details,
      sql`with changed as (
  update ${tableOf(resource)} as ${alias} set ${sets} where ${among(alias, ids)}
  returning ${selected(this)}, ${alias}.${ID} as row_id
), found as materialized (select ${this.all(sql`changed`, ids)} as yes)
select ${answer.length > 0 ? sql.join(answer, ', ') : sql`1`}
from found cross join unnest(${arrayOf(ids)}) with ordinality as wanted (id, place)
left join changed on changed.row_id = wanted.id
where found.yes
order by wanted.place`,
    );
    return { rows };
  }

  #assignments(details: ExecutionDetails): readonly Assignment[] {
    const { set, builder } = columnSetter(this.resource);
    details.values[this.#patch]?.unaryValue()?.(builder);
    return set;
  }
}

export class BulkDeleteStep extends ExistingRowsStep {
  protected override async write(details: ExecutionDetails): Promise<Written> {
    const { alias, resource } = this;
    const ids = this.idsOf(details);
    await this.send(
      details,
      sql`with gone as (
  delete from ${tableOf(resource)} as ${alias} where ${among(alias, ids)} returning 1
)
select ${this.all(sql`gone`, ids)}`,
    );
    return { rows: [], ids };
  }
}
