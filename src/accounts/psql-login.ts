/**
 * Personal logins for direct SQL. Takes the owner's connection and a person, returns the login's name and
 * password. app_private.grant_psql_login makes the rights; this module makes the password and revokes a login
 * step by step. Must never change another login.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { openClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';
import type { Person } from './people.ts';

export interface PsqlLogin {
  readonly user: string;
  readonly password: string;
}

/** Makes the login, or gives it a new password. */
export async function grantPsqlLogin(
  owner: ClientBase,
  person: Person,
  password: string = randomBytes(24).toString('base64url'),
): Promise<PsqlLogin> {
  const { rows } = await owner.query<{ login: string }>(
    'select app_private.grant_psql_login($1, $2) as login',
    [person.id, password],
  );
  return { user: rows[0]?.login ?? '', password };
}

/** Milliseconds that one attempt may wait for a lock of a session of the login. */
const LOCK_MS = 250;
const POLL_MS = 50;
/** Polls without a session. A session that began before NOLOGIN was committed may be listed late. */
const QUIET_POLLS = 3;
/** 55P03 lock_not_available; XX000 "tuple concurrently updated": a session changed its own role. */
const HELD_UP = ['55P03', 'XX000'];

/**
 * Removes the login and ends its sessions, also while they reconnect in a loop or hold locks. Returns whether
 * the login existed. `owner` is the owner's connection, outside a transaction. Throws an OperatorError if
 * sessions are left after `patienceMs` milliseconds.
 */
export async function revokePsqlLogin(
  owner: ClientBase,
  person: Person,
  patienceMs = 10_000,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  const ask = async (name: string): Promise<unknown> =>
    (await owner.query(`select app_private.${name}($1) as answer`, [person.id])).rows[0]?.answer;
  /** Each call is a transaction of its own. */
  const insist = async (name: string): Promise<unknown> => {
    for (;;) {
      try {
        return await ask(name);
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (!HELD_UP.includes(code) || Date.now() > deadline) throw error;
        await ask('end_psql_sessions');
      }
    }
  };
  await owner.query(`set lock_timeout = ${LOCK_MS}`);
  try {
    if ((await insist('disable_psql_login')) === true) {
      for (let quiet = 0; quiet < QUIET_POLLS; await sleep(POLL_MS)) {
        quiet = (await ask('end_psql_sessions')) === 0 ? quiet + 1 : 0;
        if (Date.now() > deadline) throw stillThere(person);
      }
    }
    return (await insist('revoke_psql_login')) === true;
  } finally {
    await owner.query('reset lock_timeout');
  }
}

const stillThere = (person: Person): OperatorError =>
  new OperatorError(
    `The login of ${person.email} can no longer connect, but some of its sessions have not ended.`,
    `run the same command again: npm run psql -- revoke ${person.id}`,
  );

/** Logs in once, so that psql's error becomes one sentence with its fix. */
export async function tryPsqlLogin(url: string, person: Person): Promise<void> {
  try {
    const client = await openClient(url);
    await client.end();
  } catch (cause) {
    if ((cause as { code?: string }).code !== '53300') throw cause; // too_many_connections
    throw new OperatorError(
      `${person.email} has as many sessions open as a personal login may have.`,
      `close one of them, or end them all: npm run psql -- revoke ${person.email}`,
      { cause },
    );
  }
}
