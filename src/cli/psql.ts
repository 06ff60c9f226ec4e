/**
 * `npm run psql`: SQL as one person. Takes an id or e-mail address; opens psql with the person's own login,
 * prints a connection string, or revokes the login. Must never print the owner's login or the server's.
 */
import { spawn } from 'node:child_process';
import type { Client } from 'pg';
import { findPerson } from '../accounts/people.ts';
import { grantPsqlLogin, revokePsqlLogin, tryPsqlLogin } from '../accounts/psql-login.ts';
import { childEnvironment, loadAdminConfig } from '../config.ts';
import { withClient } from '../database/connect.ts';
import { parseDatabaseUrl } from '../database/url.ts';
import { savedPassword } from '../embedded/files.ts';
import { OperatorError } from '../errors.ts';
import { runCommand, UsageError } from './command.ts';
import { type OwnerDatabase, withOwnerDatabase } from './owner-database.ts';
import { requireMigrated } from './require-migrated.ts';

const HELP = `
Usage: npm run psql -- <id or email> [psql options]   open psql as this person
       npm run psql -- grant <id or email>            print a connection string for any tool
       npm run psql -- revoke <id or email>           remove the login, end its sessions

The login has the same access as the API: the person's own rows and nothing else.
It works on views (schema direct): select * from task shows that person's tasks.
Example: npm run psql -- alice@example.com -c 'select * from task'
`;

await runCommand(HELP, async (args) => {
  const [first, ...rest] = args;
  if (first === undefined) throw new UsageError('Whose login? Give an id or an e-mail address.');
  const action = first === 'grant' || first === 'revoke' ? first : 'open';
  const who = action === 'open' ? first : rest[0];
  if (who === undefined) throw new UsageError(`${action} needs an id or an e-mail address.`);
  return withOwnerDatabase(loadAdminConfig(), (database) =>
    withClient(database.ownerUrl, async (owner) => {
      await requireMigrated(owner);
      if (action === 'revoke') return await revoke(owner, who);
      const { url, renewed } = await login(owner, database, who);
      if (renewed) console.error('The password is new: earlier connection strings no longer work.');
      if (action === 'open') return await openPsql(url, rest);
      console.log(url);
      return 0;
    }),
  );
});

async function revoke(owner: Client, who: string): Promise<number> {
  const person = await findPerson(owner, who);
  const revoked = await revokePsqlLogin(owner, person);
  console.error(
    revoked ? `${person.email} no longer has a login.` : `${person.email} had no login.`,
  );
  return 0;
}

/**
 * The embedded database stores the passwords of personal logins, so that opening psql does not change the
 * password of a tool with the same login. An external database stores none: every call makes a new password.
 */
async function login(owner: Client, database: OwnerDatabase, who: string) {
  const person = await findPerson(owner, who);
  const { directory, libpqUrl } = database;
  const { rows } = await owner.query('select from app_private.psql_login where user_id = $1', [
    person.id,
  ]);
  const existed = rows.length > 0;
  const password = directory && savedPassword(directory, `todo_psql_${person.id}`, existed);
  const granted = await grantPsqlLogin(owner, person, password);
  const url = parseDatabaseUrl(libpqUrl);
  if (typeof url === 'string') throw new Error(`the owner's URL ${url}`);
  const personal = url.as(granted.user, granted.password);
  await tryPsqlLogin(personal.node(), person);
  return { url: personal.libpq(), renewed: existed && !directory };
}

async function openPsql(url: string, args: string[]): Promise<number> {
  const target = new URL(url);
  const PGPASSWORD = decodeURIComponent(target.password);
  // No password on the command line: every user of the machine could read it.
  target.password = '';
  const child = spawn('psql', [target.href, ...args], {
    stdio: 'inherit',
    env: { ...childEnvironment(), PGPASSWORD },
  });
  // Ctrl-C at the prompt is for psql, which gets the signal from the terminal as well.
  process.on('SIGINT', () => {});
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'ENOENT' ? missing(cause) : cause);
    });
  });
}

function missing(cause: unknown): OperatorError {
  return new OperatorError(
    'The program psql is not installed.',
    "install PostgreSQL's client (Debian: apt install postgresql-client, macOS: brew install libpq), or use any other client with the string that npm run psql -- grant prints.",
    { cause },
  );
}
