/**
 * The database a newcomer gets without asking: a PostgreSQL of its own under `.data/`. Receives that
 * directory, hands on the URLs of a running server whose roles and database exist. It makes and repairs,
 * but never deletes: what it finds and can not use is moved aside or reported.
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
import { explained } from './start-error.ts';
import { findSystemUser } from './system-user.ts';
import { type EmbeddedUrls, embeddedUrls } from './urls.ts';

export interface EmbeddedDatabase {
  readonly urls: EmbeddedUrls;
  readonly secrets: Secrets;
  /** Absolute path of the data directory. */
  readonly directory: string;
  readonly port: number;
  /** Resolves when PostgreSQL has ended for good; never for an attached one. */
  readonly ended: Promise<void>;
  /** Stops PostgreSQL; does nothing to one that another process started. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly directory: string;
  /** A fixed port; undefined for the last one used if it is free, else any. */
  readonly port: number | undefined;
  /** Receives whole lines for the terminal. */
  readonly say: (line: string) => void;
  /** For tests: no fsync, so a crash of the machine may lose it. */
  readonly disposable?: boolean;
}

/** Starts the database of this directory; refuses if another process has it. */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const directory = resolve(options.directory);
  makeDirectory(directory);
  const lock = await takeLock(directory);
  if (!isLock(lock)) {
    throw new OperatorError(
      `Rowguard is already running on ${directory} (process ${lock.pid}).`,
      'stop that one with Ctrl-C, or give this one a database and a port of its own: DATA_DIR=.data2 PORT=5679 npm start',
    );
  }
  try {
    return await open(directory, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** For commands: the database of a Rowguard that is running, else the same one started for a while. */
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
  const cluster = await explained(place, async () => {
    if (!exists) await initCluster(place, secrets.superuserPassword);
    removeDrafts(place.directory);
    await stopLeftover(place, secrets.superuserPassword, options.say);
    return startOnPort(place, options.port, loadState(directory).postgresPort);
  });
  const startAgain = async () => {
    // What it said last tells why it ended; the next one starts its log anew.
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
    await stopLeftover(place, secrets.superuserPassword, options.say);
    return startCluster(place, cluster.port);
  };
  const kept = keepRunning(cluster, () => explained(place, startAgain), options.say);
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
