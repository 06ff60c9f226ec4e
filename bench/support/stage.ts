/**
 * The benchmark's environment: a disposable PostgreSQL with the committed migrations, a token issuer with
 * a new secret, and a BYPASSRLS login for the peers that filter in their own code. Everything is removed
 * at the end of the run.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { openClient, withClient } from '../../src/database/connect.ts';
import { openEmbedded } from '../../src/embedded/embedded.ts';
import { type IssuerOptions, signToken } from '../../src/identity/issuer.ts';
import { migrateDatabase } from '../../src/migrate/migrate.ts';
import { onDatabase } from '../../src/migrate/shadow.ts';

export interface Stage {
  /** The superuser, on the database that is measured. */
  readonly root: Client;
  readonly urls: { readonly authenticator: string; readonly plain: string };
  readonly issuer: IssuerOptions;
  token(userId: number): Promise<string>;
  /**
   * The login of the peers without RLS. Rowguard refuses to start beside a login that may write every
   * person's rows, so it gets its rights after each start of Rowguard and loses them before the next.
   */
  admitPlainLogin(): Promise<void>;
  dismissPlainLogin(): Promise<void>;
  stop(): Promise<void>;
}

export const emailOf = (userId: number): string => `user${userId}@example.com`;

const PLAIN_LOGIN = 'bench_app';

/**
 * Runs `work`. The database is always stopped and removed, after an error or Ctrl-C too. `sharedBuffers`
 * is PostgreSQL's setting, such as 4GB; default 128MB.
 */
export async function withStage<T>(
  work: (stage: Stage, interrupted: AbortSignal) => Promise<T>,
  sharedBuffers?: string,
): Promise<T> {
  const ended = new AbortController();
  // npm passes Ctrl-C on, so it arrives twice.
  const interrupt = () => ended.abort(new Error('interrupted'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const stage = await openStage(sharedBuffers);
    try {
      return await work(stage, ended.signal);
    } finally {
      await stage.stop();
    }
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function openStage(sharedBuffers: string | undefined): Promise<Stage> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-bench-')));
  chmodSync(directory, 0o711);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const say = () => {};
  try {
    const open = () => openEmbedded({ directory, port: undefined, say, disposable: true });
    let database = await open();
    if (sharedBuffers) {
      await setSharedBuffers(database.urls.root, sharedBuffers);
      await database.stop();
      database = await open();
    }
    const { urls, secrets } = database;
    const stop = async () => {
      await database.stop();
      remove();
    };
    try {
      await migrateDatabase({
        ownerUrl: urls.owner,
        authenticatorPassword: secrets.authenticatorPassword,
        say,
      });
      const root = await openClient(onDatabase(urls.root, 'todo'));
      const password = randomBytes(12).toString('hex');
      const plain = new URL(urls.owner);
      plain.username = PLAIN_LOGIN;
      plain.password = password;
      const issuer: IssuerOptions = {
        // JWT_SECRET is a text: letters and digits.
        secret: Buffer.from(randomBytes(24).toString('hex')),
        issuer: 'https://issuer.bench',
        audience: 'rowguard-bench',
        userIdClaim: 'user_id',
      };
      return {
        root,
        urls: { authenticator: urls.authenticator, plain: plain.href },
        issuer,
        token: (userId) => signToken(issuer, { userId, email: emailOf(userId) }, 6 * 3600),
        admitPlainLogin: () => admitPlainLogin(root, password),
        async dismissPlainLogin() {
          await root.query(`revoke all on all tables in schema public from ${PLAIN_LOGIN}`);
        },
        async stop() {
          await root.end();
          await stop();
        },
      };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    remove();
    throw error;
  }
}

/** Takes effect at the next start. */
async function setSharedBuffers(rootUrl: string, size: string): Promise<void> {
  await withClient(rootUrl, (root) =>
    root.query(`alter system set shared_buffers = ${root.escapeLiteral(size)}`),
  );
}

/**
 * BYPASSRLS, with the planner settings of Rowguard's requests: with bitmap scans, which PostgreSQL
 * chooses for a generic plan, a deep page would read all of a large account.
 */
async function admitPlainLogin(root: Client, password: string): Promise<void> {
  await root.query(`
    do $$ begin
      if to_regrole('${PLAIN_LOGIN}') is null then
        create role ${PLAIN_LOGIN} login bypassrls password '${password}';
      end if;
    end $$;
    alter role ${PLAIN_LOGIN} set enable_bitmapscan = off;
    alter role ${PLAIN_LOGIN} set random_page_cost = 1.1;
    alter role ${PLAIN_LOGIN} set jit = off;
    grant connect on database todo to ${PLAIN_LOGIN};
    grant usage on schema public to ${PLAIN_LOGIN};
    grant select, insert, update on public.task to ${PLAIN_LOGIN};
    grant select on public."user" to ${PLAIN_LOGIN};`);
}
