/**
 * `npm run client`: writes what a front end needs into a folder of its project. Takes the database as it is served
 * (the embedded one, or AUTH_DATABASE_URL), prints the files that changed. Must never write outside the folder.
 */
import { parseArgs } from 'node:util';
import { requireFolder, writeFiles } from '../client/write.ts';
import { type Config, configureGraphile, loadAdminConfig } from '../config.ts';
import { withClient } from '../database/connect.ts';
import { connectionError } from '../database/connection-error.ts';
import { useEmbedded } from '../embedded/embedded.ts';
import { runCommand, UsageError } from './command.ts';
import { requireMigrated } from './require-migrated.ts';

const HELP = `
Usage: npm run client -- --out <folder> [--force]

Writes the client side of this API into a folder of your front end:

  schema.graphql  the API, for a code generator
  schema.ts       error codes and the names of types, lists and mutations
  errors.ts       the errors of an answer, with types
  token.ts        a source of tokens that renews them, and a fetch that uses it
  urql.ts         options for urql's cacheExchange (Graphcache)
  apollo.ts       typePolicies and defaultOptions for Apollo Client

Run it again after each migration. The same API gives the same files.

  --out    the folder; it is made if its parent exists
  --force  also overwrite files that were edited by hand
`;

await runCommand(HELP, async (args) => {
  const { values } = parseArgs({
    args,
    options: { out: { type: 'string' }, force: { type: 'boolean', default: false } },
  });
  if (!values.out) throw new UsageError('--out is missing.');
  const directory = requireFolder(values.out);
  const config = loadAdminConfig();
  configureGraphile(config);
  // Loads PostGraphile, which reads the settings that configureGraphile makes.
  const { clientFiles } = await import('../client/files.ts');
  const files = clientFiles(await servedApi(config));
  const changed = writeFiles(files, { directory, force: values.force });
  if (changed.length === 0) console.log(`The files in ${directory} are up to date.`);
  else console.log([`Written to ${directory}:`, ...changed].join('\n  '));
  return 0;
});

async function servedApi(config: Config): Promise<string> {
  const { printApi } = await import('../graphql/print.ts');
  if (config.database) {
    const { authenticatorUrl } = config.database;
    try {
      return await printApi(authenticatorUrl);
    } catch (cause) {
      throw connectionError(cause, authenticatorUrl, 'AUTH_DATABASE_URL') ?? cause;
    }
  }
  const embedded = await useEmbedded({
    directory: config.dataDirectory,
    port: config.embeddedPort,
    say: (line) => console.error(line),
  });
  try {
    await withClient(embedded.urls.owner, requireMigrated);
    return await printApi(embedded.urls.authenticator);
  } finally {
    await embedded.stop();
  }
}
