/**
 * Runs migrations/current.sql on the owner's database, once or at every save. Takes what to do after a
 * successful run. An error is printed with its place in the file, and the next save is tried again.
 * Never used in production.
 */
import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, watch } from 'graphile-migrate';
import { withClient } from '../database/connect.ts';
import { describeError, OperatorError } from '../errors.ts';
import { CURRENT_FILE, CURRENT_NAME } from './current.ts';
import { refreshDirectViews, restoreDirectViews } from './direct.ts';
import { checkFunctions } from './functions.ts';
import { describeLoss, lossesOf } from './losses.ts';
import { CURRENT_SETTINGS, connectionsClosed, migrationSettings, patiently } from './migrate.ts';
import { migrationError } from './migration-error.ts';
import {
  describeParsingError,
  describeSqlError,
  isSqlError,
  locate,
  reservedWord,
} from './sql-error.ts';

export interface CurrentOptions {
  readonly ownerUrl: string;
  /** Runs after current.sql. A rejection is printed like an SQL error. */
  readonly applied: () => Promise<void>;
  readonly say: (line: string) => void;
  /** Losses that the author has saved twice for. undefined: losses are reported and nothing is asked. */
  readonly accepted?: Set<string>;
}

/** Polling works with editors that replace the file, `git stash` and folders shared with containers. */
const POLL_MS = 100;

/** The file counts as saved when it has not changed for this time: editors write in pieces. */
const SETTLE_MS = 40;

export interface Watcher {
  stop(): Promise<void>;
}

export function watchCurrent(options: CurrentOptions): Watcher {
  let again = false;
  let running: Promise<unknown> | undefined;
  let stopped = false;
  const accepted = new Set<string>();
  const run = async (): Promise<void> => {
    do {
      again = false;
      await runCurrent({ ...options, accepted });
    } while (again && !stopped);
  };
  const changed = async (now?: Stats, before?: Stats): Promise<void> => {
    if (stopped || (now && now.mtimeMs === before?.mtimeMs && now.size === before.size)) return;
    await settled();
    again = true;
    running ??= run().finally(() => {
      running = undefined;
    });
  };
  watchFile(CURRENT_FILE, { interval: POLL_MS }, changed);
  options.say(`Watching ${CURRENT_NAME}: every save changes the database and the API.`);
  void changed();
  return {
    async stop() {
      stopped = true;
      unwatchFile(CURRENT_FILE, changed);
      await running;
      await connectionsClosed();
    },
  };
}

async function settled(): Promise<void> {
  for (let last = await currentSql(); ; ) {
    await sleep(SETTLE_MS);
    const now = await currentSql();
    if (now === last) return;
    last = now;
  }
}

const currentSql = (): Promise<string> => readFile(CURRENT_FILE, 'utf8').catch(() => '');

/** Runs current.sql, then `applied`. Returns whether both succeeded. */
export async function runCurrent(options: CurrentOptions): Promise<boolean> {
  const { ownerUrl, applied, say } = options;
  const began = performance.now();
  const sql = await currentSql();
  try {
    const settings = migrationSettings(ownerUrl, () => {});
    await patiently(() => migrate(settings));
    if (!(await mayLose(options, sql))) return false;
    // `applied` runs the doctor on an open connection; .gmrc would start a process for it.
    const ours = { ...settings, pgSettings: CURRENT_SETTINGS, afterCurrent: [] };
    await patiently(() => watch(ours, true)).catch(async (error: unknown) => {
      await restoreDirectViews(ownerUrl);
      throw error;
    });
    await withClient(ownerUrl, async (client) => {
      await refreshDirectViews(client);
      await checkFunctions(client, sql, CURRENT_NAME).catch((error: unknown) => {
        throw hasRun(error);
      });
    });
    const ran = performance.now();
    await applied();
    const ms = (since: number) => Math.round(performance.now() - since);
    say(`${CURRENT_NAME} was run; done in ${Math.round(ran - began)} + ${ms(ran)} ms.`);
    return true;
  } catch (error) {
    say(
      `\n${await failureText(error, sql, ownerUrl)}\nThe API keeps its last working schema. Save the file to try again.\n`,
    );
    return false;
  }
}

/** The functions are checked after graphile-migrate has committed, so the developer learns what is left. */
const hasRun = (error: unknown): unknown =>
  error instanceof OperatorError
    ? new OperatorError(
        error.message,
        `${error.fix} The file has run: your development database keeps the function as it is until the next save.`,
        { cause: error },
      )
    : error;

/**
 * Says which rows the run would delete. Rows of a table that the file makes again are those of somebody who
 * is trying it out: a line, and the run goes on. Rows that nothing makes again wait for a second save.
 */
async function mayLose({ ownerUrl, say, accepted }: CurrentOptions, sql: string): Promise<boolean> {
  const losses = await withClient(ownerUrl, (client) => lossesOf(client, sql));
  for (const loss of losses) say(describeLoss(loss));
  if (!accepted) return true;
  const final = losses.filter(({ remade }) => !remade).map(describeLoss);
  const isAccepted = final.every((line) => accepted.has(line));
  accepted.clear();
  if (isAccepted) return true;
  for (const line of final) accepted.add(line);
  say(`Not run yet. Save ${CURRENT_NAME} again to do it.`);
  return false;
}

/** An error of the schema or the doctor: its message, with the fix if there is one. */
const messageOf = (error: unknown): string =>
  error instanceof OperatorError || !(error instanceof Error)
    ? describeError(error)
    : error.message;

async function failureText(error: unknown, sql: string, ownerUrl: string): Promise<string> {
  if (!isSqlError(error)) {
    return describeParsingError(error, sql, CURRENT_NAME) ?? messageOf(migrationError(error));
  }
  return withClient(ownerUrl, async (client) => {
    const hint = await reservedWord(client, error);
    const offset = await locate(client, error, sql);
    return describeSqlError(
      hint ? Object.assign(error, { hint }) : error,
      sql,
      CURRENT_NAME,
      offset,
    );
  }).catch(() => describeSqlError(error, sql, CURRENT_NAME, undefined));
}
