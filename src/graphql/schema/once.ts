/**
 * Insert of one row with an idempotency key, for any table with a primary key of one column. With a key, one
 * statement reserves the key (claim_create), inserts the row and notes the row's key (finish_create). Without
 * a key, PostGraphile's insert. Never decides here whether a key is new: only the database can do that safely.
 */
import type { PgResource } from 'postgraphile/@dataplan/pg';
import { PgInsertSingleStep } from 'postgraphile/@dataplan/pg';
import type { ExecutionDetails, GrafastResultsList, Step } from 'postgraphile/grafast';
import { type SQL, sql } from 'postgraphile/pg-sql2';
import { clientError } from '../client-error.ts';
import {
  assignments,
  codecOf,
  runForRow,
  selected,
  selectedNames,
  tableNameOf,
  tableOf,
} from './row-statement.ts';

const GONE = 'The row created with this idempotencyKey was deleted.';

export class OnceInsertStep extends PgInsertSingleStep {
  readonly #key: number;
  readonly #id: string;

  constructor(resource: PgResource, id: string, key: Step) {
    super(resource);
    this.#id = id;
    this.#key = this.addDependency(key);
  }

  override async execute(details: ExecutionDetails): Promise<GrafastResultsList<unknown>> {
    const keys = details.values[this.#key];
    // A root field of a mutation runs once, so one value decides for all.
    if (keys?.at(0) == null) return super.execute(details);
    return details.indexMap(async (i) => {
      const made = await this.#run(details, i, this.#insert(details, String(keys.at(i))));
      const earlier = made?.t.at(-1);
      if (earlier == null) return made;
      // A second statement: the row may have been committed after the first one began.
      const row = await this.#run(details, i, this.#select(String(earlier)));
      if (!row) throw clientError('CONFLICT', GONE, 'KEY_GONE');
      return row;
    });
  }

  #run(details: ExecutionDetails, i: number, statement: SQL) {
    return runForRow(this, this.resource, details, i, statement);
  }

  /** One row: what the answer needs of the new row, then the primary key of the row made earlier, or null. */
  #insert(details: ExecutionDetails, key: string): SQL {
    const { alias, resource } = this;
    const set = assignments(this, resource, details);
    const names = set.map(({ name }) => sql.identifier(name));
    const given = sql.join(
      set.map(({ name, value }) => sql`${value} as ${sql.identifier(name)}`),
      ', ',
    );
    const columns = names.length === 0 ? sql.blank : sql` (${sql.join(names, ', ')})`;
    const args = sql`${sql.literal(tableNameOf(resource))}, ${sql.value(key)}::text`;
    const answer = sql.join(
      [
        ...selectedNames(this).map((name) => sql`made.${name}`),
        // Strict: does nothing where no row was made.
        sql`public.finish_create(${args}, made.row_id)`,
        sql`claim.row_id`,
      ],
      ', ',
    );
    const id = sql`${alias}.${sql.identifier(this.#id)}::text`;
    return sql`with given as materialized (select ${given}),
claim as materialized (select public.claim_create(${args}, to_jsonb(given)) as row_id from given),
made as (insert into ${tableOf(resource)} as ${alias}${columns}
  select ${names.length === 0 ? sql.blank : sql`given.*`} from given, claim where claim.row_id is null
  returning ${selected(this)}, ${id} as row_id)
select ${answer} from claim left join made on true`;
  }

  #select(row: string): SQL {
    const { alias, resource } = this;
    const id = sql`${sql.value(row)}::${codecOf(resource, this.#id).sqlType}`;
    return sql`select ${selected(this)} from ${tableOf(resource)} as ${alias}
where ${alias}.${sql.identifier(this.#id)} = ${id}`;
  }
}

/** The column of the primary key, if it is one column and the database keeps keys of creates (000010). */
export function onceId(build: GraphileBuild.Build, resource: PgResource): string | undefined {
  const primary = resource.uniques.find(({ isPrimary }) => isPrimary)?.attributes ?? [];
  return build.pgResources.claim_create && primary.length === 1 ? primary[0] : undefined;
}
