/**
 * Insert of many rows, for any table with an integer id: one statement, all rows or none, in the order of the
 * input. With an idempotency key the same statement reserves the key, as in once.ts. An error of one row names
 * its item. Never decides whose the rows are: the owner column has its default, and policies check it.
 */
import type { PgResource } from 'postgraphile/@dataplan/pg';
import type { ExecutionDetails, Step } from 'postgraphile/grafast';
import { type SQL, sql } from 'postgraphile/pg-sql2';
import { clientError, ItemError } from '../client-error.ts';
import { ManyRowsStep, type Tuple, type Written } from './many-rows.ts';
import {
  type Assignment,
  columnSetter,
  selected,
  selectedNames,
  tableNameOf,
  tableOf,
} from './row-statement.ts';

const GONE = 'A row created with this idempotencyKey was deleted.';

/** SQLSTATEs that a statement raises by itself (000013): the key has made rows; all went well. */
const REPEATED = 'RG013';
const WENT_WELL = 'RG014';

/** Errors of values and rules (https://www.postgresql.org/docs/18/errcodes-appendix.html), and `raise` of a migration. */
const OF_A_ROW = /^(22|23|44|42501|RG40[0349]$)/;

export interface BulkCreate {
  /** The API's name of the list: `tasks`. */
  readonly field: string;
  /** A function that applies the list to a target of one row each. */
  readonly items: Step;
  readonly key: Step | undefined;
  /** A column to write where no row sets any: SQL has no `default values` for many rows. */
  readonly anyColumn: string;
}

type Apply = (target: () => object) => void;

export class BulkInsertStep extends ManyRowsStep {
  readonly #field: string;
  readonly #anyColumn: string;
  readonly #items: number;
  readonly #key: number | undefined;

  constructor(resource: PgResource, { field, anyColumn, items, key }: BulkCreate) {
    super(resource);
    this.#field = field;
    this.#anyColumn = anyColumn;
    this.#items = this.addUnaryDependency(items);
    this.#key = key && this.addUnaryDependency(key);
  }

  protected override async write(details: ExecutionDetails): Promise<Written> {
    const rows = this.#rowsOf(details);
    if (rows.length === 0) {
      const message = `${this.#field} must not be empty.`;
      throw clientError('BAD_USER_INPUT', message, undefined, { field: this.#field });
    }
    const key: unknown = this.#key === undefined ? null : details.values[this.#key]?.unaryValue();
    const statement = key == null ? this.#insert(rows, selected(this)) : this.#once(rows, `${key}`);
    try {
      return { rows: await this.send(details, statement) };
    } catch (error) {
      const { code, detail } = error as { code?: string; detail?: string };
      if (code === REPEATED && detail) return { rows: await this.#earlier(details, detail) };
      throw OF_A_ROW.test(code ?? '') ? await this.#ofItem(details, rows, error as Error) : error;
    }
  }

  #rowsOf(details: ExecutionDetails): readonly Assignment[][] {
    const rows: Assignment[][] = [];
    const apply: Apply | null | undefined = details.values[this.#items]?.unaryValue();
    apply?.(() => {
      const { set, builder } = columnSetter(this.resource);
      rows.push(set);
      return builder;
    });
    return rows;
  }

  /** PostgreSQL inserts the rows of VALUES in their order, so ids ascend and RETURNING has that order too. */
  #insert(rows: readonly Assignment[][], returning: SQL): SQL {
    const set = [...new Set(rows.flatMap((row) => row.map(({ name }) => name)))];
    const names = set.length > 0 ? set : [this.#anyColumn];
    const values = rows.map((row) => {
      const given = new Map(row.map(({ name, value }) => [name, value]));
      return sql`(${sql.join(
        names.map((name) => given.get(name) ?? sql`default`),
        ', ',
      )})`;
    });
    const columns = sql.join(
      names.map((name) => sql.identifier(name)),
      ', ',
    );
    return sql`insert into ${tableOf(this.resource)} as ${this.alias} (${columns})
values ${sql.join(values, ',\n')}
returning ${returning}`;
  }

  /** The key is claimed before the first row is inserted: a repeated request must not break a unique rule. */
  #once(rows: readonly Assignment[][], key: string): SQL {
    const args = sql`${sql.literal(tableNameOf(this.resource))}, ${sql.value(key)}::text`;
    const content = rows.map((row) => {
      const given = row.map(({ name, value }) => sql`${value} as ${sql.identifier(name)}`);
      return sql`(select to_jsonb(given) from (select ${sql.join(given, ', ')}) as given)`;
    });
    const answer = sql.join(
      selectedNames(this).map((name) => sql`made.${name}, `),
      '',
    );
    const id = sql`${this.alias}.${sql.identifier('id')} as row_id`;
    return sql`with claim as materialized (
  select public.claim_create(${args}, to_jsonb(array[${sql.join(content, ', ')}])) as made
), fresh as materialized (
  select public.stop_unless(claim.made is null, ${sql.literal(REPEATED)}, claim.made) as yes from claim
), made as (${this.#insert(rows, sql`${selected(this)}, ${id}`)})
select ${answer}(select public.finish_create(${args}, array_agg(made.row_id)::text) from made)
from fresh cross join lateral (select made.* from made where fresh.yes offset 0) as made`;
  }

  /** The rows of an earlier request, as they are now. `ids` is an array in PostgreSQL's text form. */
  async #earlier(details: ExecutionDetails, ids: string): Promise<readonly Tuple[]> {
    const { alias, resource } = this;
    const rows = await this.send(
      details,
      sql`select ${selected(this)}
from unnest(${sql.value(ids)}::integer[]) with ordinality as wanted (id, place)
join ${tableOf(resource)} as ${alias} on ${alias}.${sql.identifier('id')} = wanted.id
order by wanted.place`,
    );
    if (rows.length < ids.split(',').length) throw clientError('CONFLICT', GONE, 'KEY_GONE');
    return rows;
  }

  /**
   * PostgreSQL does not say which row of a statement it refuses. The item is the last one of the shortest
   * beginning of the list that is refused, found by bisection with statements that undo themselves.
   */
  async #ofItem(
    details: ExecutionDetails,
    rows: readonly Assignment[][],
    refused: Error,
  ): Promise<Error> {
    let error = refused;
    let good = 0;
    let bad = rows.length;
    while (bad - good > 1) {
      const middle = Math.floor((good + bad) / 2);
      const found = await this.#refusalOf(details, rows.slice(0, middle));
      if (!found) good = middle;
      else {
        bad = middle;
        error = found;
      }
      if (found && !OF_A_ROW.test(found.code)) return refused;
    }
    return new ItemError(error, `${this.#field}[${bad - 1}]`);
  }

  /** The error with which these rows are refused. Undefined if they are not. */
  async #refusalOf(details: ExecutionDetails, rows: readonly Assignment[][]) {
    const insert = this.#insert(rows, sql`1`);
    const statement = sql`with made as (${insert})
select public.stop_unless((select count(*) from made) < 0, ${sql.literal(WENT_WELL)})`;
    const error = await this.send(details, statement).then(
      () => undefined,
      (reason: Error & { code: string }) => reason,
    );
    return error?.code === WENT_WELL ? undefined : error;
  }
}
