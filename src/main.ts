/**
 * `npm start`: reads the settings, opens the database and starts the server; a stop signal closes them in
 * reverse order. With `--watch` (`npm run dev`) it also runs migrations/current.sql at every save. An error
 * before the server listens is printed with its fix, and the exit code is 1. Must never migrate an external
 * database.
 */
import { enableCompileCache } from 'node:module';
import { announce } from './announce.ts';
import { type Config, configureGraphile, loadConfig, tokenRules } from './config.ts';
import { waitForDatabase } from './database/wait.ts';
import { describeError, OperatorError } from './errors.ts';
import { openLog } from './log.ts';
import { onStopSignal } from './signals.ts';

/** Prints to the terminal. In production, once the settings are read, it writes to the log. */
let say = (line: string): void => console.log(line);
const watching = process.argv.includes('--watch');

/** Opened parts in order; stopAll closes them in reverse. */
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
  // Keeps compiled code in the system's temporary directory. Loading PostGraphile takes a quarter less time.
  enableCompileCache();
  // Loading PostGraphile takes as long as starting PostgreSQL, so both run at the same time.
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
    // With an external issuer there are no demo tokens, and GraphiQL starts without an account.
    graphiqlAccounts: graphiql
      ? backend.demo.flatMap(({ name, token }) => (token ? [{ name, token }] : []))
      : undefined,
    watch: watching,
    socketLimits: { keepAliveTimeout: config.keepAliveMs },
    log: (line) => log.warn(line),
    statementEnded: log.statement,
    requestEnded: (entry) => log.request(entry),
  });
  opened.push(server);
  if (!stopping()) {
    announce({ url: server.url, graphiql, demo: backend.demo, identity: backend.identity }, say);
  }
  if (!stopping() && ownerUrl) {
    const { watchCurrent } = await import('./migrate/watch-current.ts');
    const { consult } = await import('./doctor/consult.ts');
    const { openLossWatch } = await import('./migrate/loss-watch.ts');
    const warnOfLosses = await openLossWatch(ownerUrl, say);
    const applied = async () => {
      await Promise.all([server.reload(), consult(ownerUrl, say)]);
      await warnOfLosses(server.printApi());
    };
    opened.push(watchCurrent({ ownerUrl, applied, say }));
  }
}

/** current.sql runs as the owner at every save and may drop tables, so production is refused. */
function watchable(config: Config, ownerUrl: string | undefined): string {
  if (config.production) {
    throw new OperatorError(
      'npm run dev changes the database at every save, and NODE_ENV is production.',
      'use npm start here, and npm run db -- migrate for committed migrations.',
    );
  }
  if (ownerUrl) return ownerUrl;
  throw new OperatorError(
    'npm run dev changes the database as its owner, and DATABASE_URL is not set.',
    "set DATABASE_URL to the owner's URL beside AUTH_DATABASE_URL.",
  );
}

/** A database from AUTH_DATABASE_URL. `npm run db -- migrate` migrates it, never the server. */
async function external(config: Config) {
  const { database, identity } = config;
  if (!database || !identity) throw new Error('loadConfig lets neither be missing here');
  await waitForDatabase(database.authenticatorUrl, say);
  return {
    ownerUrl: database.ownerUrl,
    authenticatorUrl: database.authenticatorUrl,
    identity: { ...identity, ...tokenRules(config) },
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
