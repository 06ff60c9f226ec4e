/**
 * The embedded database: a PostgreSQL server with its files under `.data/`. Takes that directory, returns
 * the URLs of a running server with its roles and its database. Never deletes data: an unusable cluster
 * is renamed or reported.
 */
import { existsSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OperatorError } from '../errors.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { bootstrap } from './bootstrap.ts';
import { startCluster } from './cluster.ts';
import { clusterExists, locateCluster, makeDirectory, prepareHome } from './data-directory.ts';
import { loadSecrets, loadState, type Secrets, saveState } from './files.ts';
import { initCluster, removeDrafts } from './initdb.ts';
import { type KeptCluster, keepRunning } from './keep-running.ts';
import { stopLeftover } from './leftover.ts';
import { isLock, type Lock, livingHolder, takeLock } from './lock.ts';
import type { ClusterPlace } from './place.ts';
import { startOnPort } from './port.ts';
import { withStartErrors } from './start-error.ts';
import { findSystemUser } from './system-user.ts';
import { type EmbeddedUrls, embeddedUrls } from './urls.ts';

export interface EmbeddedDatabase {
  readonly urls: EmbeddedUrls;
  readonly secrets: Secrets;
  /** Absolute path of the data directory. */
  readonly directory: string;
  readonly port: number;
  /** Resolves when PostgreSQL has ended for good. Never resolves if another process started it. */
  readonly ended: Promise<void>;
  /** Stops PostgreSQL, unless another process started it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly directory: string;
  /** undefined = the last port used if it is free, else any free port. */
  readonly port: number | undefined;
  /** Receives lines for the terminal. */
  readonly say: (line: string) => void;
  /** For tests: no fsync. A crash of the machine may lose data. */
  readonly disposable?: boolean;
}

/** Starts the database of this directory. Throws an OperatorError if another process runs it. */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const directory = resolve(options.directory);
  makeDirectory(directory);
  const lock = await takeLock(directory);
  if (!isLock(lock)) {
    throw new OperatorError(
      `Rowguard is already running on ${directory} (process ${lock.pid}).`,
      'stop that process with Ctrl-C, or start this one with its own database and port: DATA_DIR=.data2 PORT=5679 npm start',
    );
  }
  try {
    return await open(directory, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** For commands: attaches to the database of a running Rowguard, else starts it. */
export async function useEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const directory = resolve(options.directory);
  const holder = await livingHolder(join(directory, 'running.json'));
  if (!holder) return openEmbedded(options);
  if (!holder.postgresPort) {
    throw new OperatorError(
      `Rowguard is just starting on ${directory} (process ${holder.pid}).`,
      'try again in a moment.',
    );
  }
  const secrets = loadSecrets(directory, true);
  return {
    urls: embeddedUrls(secrets, holder.postgresPort),
    secrets,
    directory,
    port: holder.postgresPort,
    ended: new Promise(() => {}),
    stop: async () => {},
  };
}

async function open(
  directory: string,
  lock: Lock,
  options: EmbeddedOptions,
): Promise<EmbeddedDatabase> {
  const user = findSystemUser();
  const binaries: Binaries = findBinaries(user);
  const logFile = join(directory, 'postgres.log');
  let place: ClusterPlace = {
    binaries,
    directory: locateCluster(directory),
    logFile,
    user,
    disposable: options.disposable ?? false,
  };

  const exists = clusterExists(place, options.say);
  const secrets = loadSecrets(directory, exists);
  if (!exists) {
    options.say('First start: making an empty PostgreSQL database …');
    place = { ...place, directory: prepareHome(directory, user, options.say) };
  }
  const cluster = await withStartErrors(place, async () => {
    if (!exists) await initCluster(place, secrets.superuserPassword);
    removeDrafts(place.directory);
    await stopLeftover(place, secrets.superuserPassword, options.say);
    return startOnPort(place, options.port, loadState(directory).postgresPort);
  });
  const startAgain = async () => {
    // The old log says why PostgreSQL ended; the new server overwrites postgres.log.
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
    await stopLeftover(place, secrets.superuserPassword, options.say);
    return startCluster(place, cluster.port);
  };
  const kept = keepRunning(cluster, () => withStartErrors(place, startAgain), options.say);
  return afterStart(directory, lock, secrets, cluster.port, kept);
}

async function afterStart(
  directory: string,
  lock: Lock,
  secrets: Secrets,
  port: number,
  cluster: KeptCluster,
): Promise<EmbeddedDatabase> {
  const urls = embeddedUrls(secrets, port);
  try {
    await bootstrap(urls, secrets);
    saveState(directory, { postgresPort: port });
    lock.update({ postgresPort: port });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  const stop = async () => {
    await cluster.stop();
    lock.release();
  };
  return { urls, secrets, directory, port, ended: cluster.ended, stop };
}
