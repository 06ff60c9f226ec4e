/**
 * The watched tables: those on which a migration has run app_private.watch_changes(). Read from the catalogue
 * each time the schema is built, because introspection has no triggers. Takes nothing, returns a plugin and the
 * set it fills. Changes nothing in the database.
 */
import type {} from 'postgraphile';
import { withPgClientFromPgService } from 'postgraphile/@dataplan/pg';

/** The trigger's name as in migration 000016. */
const WATCHED = `select c.relname as name from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
where t.tgname = '_700_watch_insert' and t.tgenabled in ('O', 'A')
  and c.relnamespace = 'public'::pg_catalog.regnamespace`;

export interface Watched {
  readonly plugin: GraphileConfig.Plugin;
  /** Names of tables in schema public, as the schema that is being built has them. */
  readonly tables: ReadonlySet<string>;
}

export function watchedTables(): Watched {
  const tables = new Set<string>();
  const plugin: GraphileConfig.Plugin = {
    name: 'WatchedTablesPlugin',
    version: '1.0.0',
    gather: {
      hooks: {
        async pgIntrospection_introspection(info) {
          tables.clear();
          for (const service of info.resolvedPreset.pgServices ?? []) {
            const settings = service.pgSettingsForIntrospection ?? null;
            const { rows } = await withPgClientFromPgService(service, settings, (client) =>
              client.query<{ name: string }>({ text: WATCHED }),
            );
            for (const { name } of rows) tables.add(name);
          }
        },
      },
    },
  };
  return { plugin, tables };
}
