/**
 * `npm run db`: migrations and connection strings of the embedded database or of DATABASE_URL. Reads the
 * command line and asks before data is lost; the work is in the files beside this one.
 */
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, configureGraphile, loadAdminConfig } from '../config.ts';
import { isUnavailable } from '../database/unavailable.ts';
import { consult } from '../doctor/consult.ts';
import { connectionsClosed } from '../migrate/migrate.ts';
import { renumber } from '../migrate/renumber.ts';
import { ROOT } from '../migrate/root.ts';
import { runCurrent, watchCurrent } from '../migrate/watch-current.ts';
import { runCommand, UsageError } from './command.ts';
import { confirm, refuseProduction } from './confirm.ts';
import { finish, resetDatabase, uncommitLast } from './migrations.ts';
import { type OwnerDatabase, withOwnerDatabase } from './owner-database.ts';
import { printStatus } from './status.ts';

const HELP = `
Usage: npm run db -- <command>

  migrate              run the committed migrations and set the password of todo_authenticator
  watch [--once]       run migrations/current.sql at every save (npm run dev does, with the API)
  new-table list --column 'name text not null' [--column …] [--refers-to task]
                       write a table into migrations/current.sql, complete with its policies
  commit -m "message" [--breaking]
                       turn migrations/current.sql into a committed migration, update the snapshots;
                       --breaking: it may break the API, or remove objects by cascade
  uncommit [--yes]     move the last committed migration back into current.sql
  renumber <file> ...  move committed files to the end, when two branches used one number
  status               show where files and database differ; exit code 0 if they are the same
  reset [--yes]        delete all data and run every migration again
  url [owner|authenticator]   print a connection string (default: owner)

The database is the embedded one, or DATABASE_URL (with AUTH_DATABASE_URL). commit and uncommit create a
shadow database and drop it again. The owner needs CREATEDB for that, or set ROOT_DATABASE_URL to a login
that has it.
`;

type Work = (database: OwnerDatabase) => Promise<number>;

/** Checks the command line before a database is started. A number: done without one, the exit code. */
type Choose = (args: string[], config: Config) => Work | number | Promise<Work>;

const COMMANDS: Readonly<Record<string, Choose | undefined>> = {
  migrate: () => async (database) => {
    await finish(database, (line) => console.error(line));
    return 0;
  },
  watch: (args, { production }) => {
    refuseProduction('watch runs uncommitted SQL.', production);
    const { values } = parseArgs({ args, options: { once: { type: 'boolean', default: false } } });
    return (database) => watch(database, values.once);
  },
  'new-table': async (args, { production }) => {
    refuseProduction('new-table writes work in progress.', production);
    // Loads PostGraphile's rules for names, which no other command needs.
    const { newTable, wantedTable } = await import('./new-table.ts');
    const wanted = wantedTable(args);
    return (database) => newTable(database, wanted);
  },
  commit: async (args, { production }) => {
    refuseProduction('commit turns work in progress into a migration.', production);
    const { values } = parseArgs({
      args,
      options: {
        message: { type: 'string', short: 'm' },
        breaking: { type: 'boolean', default: false },
      },
    });
    const message = values.message?.trim();
    if (!message) throw new UsageError('commit needs a message: -m "add lists"');
    // Loads graphql, which most commands do not need. So does openLossWatch below.
    const { commitCurrent } = await import('./commit.ts');
    return (database) => commitCurrent(database, message, values.breaking);
  },
  uncommit: async (args, { production }) => {
    const what =
      'uncommit removes the last migration from the chain; databases that have run it are then ahead of the code.';
    await confirm({ what, command: 'npm run db -- uncommit', production }, yesOf(args));
    return uncommitLast;
  },
  renumber: (files, { production }) => {
    refuseProduction('renumber changes committed migrations.', production);
    return moveToEnd(files);
  },
  status: () => printStatus,
  reset: async (args, { production }) => {
    const what = 'reset deletes all data of the database.';
    await confirm({ what, command: 'npm run db -- reset', production }, yesOf(args));
    return resetDatabase;
  },
  url: ([which = 'owner']) => {
    if (which !== 'owner' && which !== 'authenticator') {
      throw new UsageError(`There is no URL for ${which}: owner or authenticator.`);
    }
    return async ({ ownerUrl, authenticatorUrl }) => {
      console.log(which === 'owner' ? ownerUrl : authenticatorUrl);
      return 0;
    };
  },
};

function moveToEnd(names: readonly string[]): number {
  if (names.length === 0) throw new UsageError('Which files?');
  const files = names.map((name) => basename(name));
  for (const [index, name] of renumber(join(ROOT, 'migrations'), files).entries()) {
    console.error(`${files[index]} is now ${name}.`);
  }
  console.error(
    'A database that has run them under the old number does not know them by the new one: npm run db -- reset.',
  );
  return 0;
}

function yesOf(args: string[]): boolean {
  const { values } = parseArgs({ args, options: { yes: { type: 'boolean', default: false } } });
  return values.yes;
}

async function watch(
  { ownerUrl, authenticatorUrl }: OwnerDatabase,
  once: boolean,
): Promise<number> {
  const say = (line: string) => console.error(line);
  const { printApi } = await import('../graphql/print.ts');
  const { openLossWatch } = await import('../migrate/loss-watch.ts');
  const warnOfLosses = await openLossWatch(ownerUrl, say);
  const applied = async () => {
    const [api] = await Promise.all([
      // Before the first migrate the server's login has no password, and there is no API yet.
      printApi(authenticatorUrl).catch((error: unknown) => {
        if (!isUnavailable(error)) throw error;
      }),
      consult(ownerUrl, say),
    ]);
    await warnOfLosses(api ?? undefined);
  };
  const options = { ownerUrl, applied, say };
  if (once) return (await runCurrent(options)) ? 0 : 1;
  const watcher = watchCurrent(options);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await watcher.stop();
  return 0;
}

await runCommand(HELP, async ([command, ...rest]) => {
  if (command === undefined) throw new UsageError('Which command?');
  const choose = COMMANDS[command];
  if (!choose) throw new UsageError(`There is no command ${command}.`);
  const config = loadAdminConfig();
  configureGraphile(config);
  const work = await choose(rest, config);
  if (typeof work === 'number') return work;
  return withOwnerDatabase(config, async (database) => {
    try {
      return await work(database);
    } finally {
      // The embedded database stops after this.
      await connectionsClosed();
    }
  });
});
