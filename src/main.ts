/**
 * `npm start`: settings, database, server, signals, in this order, and backwards on the way out; with
 * `--watch` (`npm run dev`) migrations/current.sql changes the database and the API as well. Whatever goes wrong before the server listens ends here as one sentence, a way out and exit code 1.
 */
import { enableCompileCache } from 'node:module';
import { announce } from './announce.ts';
import { type Config, configureGraphile, loadConfig } from './config.ts';
import { waitForDatabase } from './database/wait.ts';
import { describeError, OperatorError } from './errors.ts';
import { openLog } from './log.ts';
import { onStopSignal } from './signals.ts';

/** For people at a terminal, until the settings tell whether there are any. */
let say = (line: string): void => console.log(line);
const watching = process.argv.includes('--watch');

/** What was opened, in order; closed in reverse. */
const opened: { stop(): Promise<void> }[] = [];

const stopAll = async (): Promise<void> => {
  for (let last = opened.pop(); last; last = opened.pop()) await last.stop();
};

async function start(config: Config, stopping: () => boolean): Promise<void> {
  const log = openLog({
    level: config.logLevel,
    json: config.production,
    write: (text) => process.stdout.write(text),
  });
  if (config.production) say = (line) => log.info(line.trim());
  configureGraphile(config);
  // Keeps compiled code in the system's temporary directory: a quarter off the time to load PostGraphile.
  enableCompileCache();
  // PostGraphile takes as long to load as PostgreSQL to start: at the same time, then.
  const loading = import('./server.ts');
  loading.catch(() => {});
  const backend = config.database
    ? await external(config)
    : await (await import('./embedded/development.ts')).startDevelopment(config, opened, say);
  if (stopping()) return;
  const ownerUrl = watching ? watchable(config, backend.ownerUrl) : undefined;

  const { startServer } = await loading;
  const graphiql = !config.production;
  const server = await startServer({
    ...config,
    ...backend,
    // Without a key of our own there is nobody to be: tokens come from elsewhere.
    graphiqlAccounts: graphiql
      ? backend.demo.flatMap(({ name, token }) => (token ? [{ name, token }] : []))
      : undefined,
    watch: watching,
    log: (line) => log.warn(line),
    requestEnded: (entry) => log.request(entry),
  });
  opened.push(server);
  if (!stopping()) {
    announce({ url: server.url, graphiql, demo: backend.demo, identity: backend.identity }, say);
  }
  if (!stopping() && ownerUrl) {
    const { watchCurrent } = await import('./migrate/watch-current.ts');
    const { consult } = await import('./doctor/consult.ts');
    const applied = async () => {
      await Promise.all([server.reload(), consult(ownerUrl, say)]);
    };
    opened.push(watchCurrent({ ownerUrl, applied, say }));
  }
}

/** current.sql is run as the owner, over and over, and may drop what it made: nothing for production. */
function watchable(config: Config, ownerUrl: string | undefined): string {
  if (config.production) {
    throw new OperatorError(
      'npm run dev changes the database at every save, and this is production (NODE_ENV).',
      'use npm start here, and npm run db -- migrate for committed migrations.',
    );
  }
  if (ownerUrl) return ownerUrl;
  throw new OperatorError(
    'npm run dev changes the database as its owner, and DATABASE_URL is not set.',
    "set DATABASE_URL to the owner's URL beside AUTH_DATABASE_URL.",
  );
}

/** A database of the user's own: migrated by `npm run db -- migrate`, never by the server. */
async function external(config: Config) {
  const { database, identity } = config;
  if (!database || !identity) throw new Error('loadConfig lets neither be missing here');
  await waitForDatabase(database.authenticatorUrl, say);
  return {
    ownerUrl: database.ownerUrl,
    authenticatorUrl: database.authenticatorUrl,
    identity: { ...identity, userIdClaim: config.userIdClaim, maxAge: config.maxTokenAge },
    demo: [],
  };
}

const HELP = `
Usage: npm start              start the server
       npm run dev            the same, and run migrations/current.sql at every save

Settings are environment variables; docs/settings.md lists them all. Without any, an embedded
PostgreSQL starts, with two demo accounts.
`;

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(HELP.trim());
  process.exit(0);
}

const stopping = onStopSignal(stopAll, (line) => say(line));
try {
  await start(loadConfig(), stopping);
  if (stopping()) await stopAll();
} catch (error) {
  console.error(`rowguard: ${describeError(error)}`);
  await stopAll();
  process.exitCode = 1;
}
