/**
 * `npm run doctor`: takes a URL, prints what is unsafe in the database and the SQL that fixes it. Exit code 1
 * for an error finding, or if the database cannot be examined. Must never change anything or print the
 * password of a URL.
 */
import { parseArgs } from 'node:util';
import { type DoctorConfig, loadDoctorConfig } from '../config.ts';
import { withClient } from '../database/connect.ts';
import { describeUrl } from '../database/connection-error.ts';
import { parseDatabaseUrl } from '../database/url.ts';
import { errorsOf, examine, type Finding, SERVER_LOGIN } from '../doctor/doctor.ts';
import { report } from '../doctor/report.ts';
import { doctorScript } from '../doctor/statement.ts';
import { useEmbedded } from '../embedded/embedded.ts';
import { OperatorError } from '../errors.ts';
import { runCommand, UsageError } from './command.ts';
import { requireMigrated } from './require-migrated.ts';

const HELP = `
Usage: npm run doctor -- [--login <name>] [--json] [--sql] [url]

Looks for what is unsafe in a database and prints the SQL that fixes it. Changes nothing.
docs/doctor.md explains each code. Exit code 1 for an error; warnings do not count.

  url      the database, as any of its logins; else DATABASE_URL, else AUTH_DATABASE_URL,
           else the embedded database
  --login  the login the server connects as (${SERVER_LOGIN})
  --json   the findings as a JSON array
  --sql    print the doctor's own SQL, for psql, and examine nothing
`;

await runCommand(HELP, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    options: {
      login: { type: 'string', default: SERVER_LOGIN },
      json: { type: 'boolean', default: false },
      sql: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.sql) {
    console.log(doctorScript(values.login));
    return 0;
  }
  const [url, ...more] = positionals;
  if (more.length > 0) throw new UsageError('Only one URL can be examined at a time.');
  const config = url === undefined ? loadDoctorConfig() : { ...loadDoctorConfig({}), url };
  const findings = await withUrl(config, (it) => examineAt(it, values.login));
  console.log(values.json ? JSON.stringify(findings, null, 2) : report(findings));
  return errorsOf(findings).length > 0 ? 1 : 0;
});

async function withUrl<T>(config: DoctorConfig, work: (url: string) => Promise<T>): Promise<T> {
  if (config.url) return work(config.url);
  // Progress goes to stderr: stdout holds the findings, which may be JSON.
  const embedded = await useEmbedded({
    directory: config.dataDirectory,
    port: config.embeddedPort,
    say: (line) => console.error(line),
  });
  try {
    await withClient(embedded.urls.owner, requireMigrated);
    return await work(embedded.urls.owner);
  } finally {
    await embedded.stop();
  }
}

async function examineAt(text: string, login: string): Promise<Finding[]> {
  const parsed = parseDatabaseUrl(text);
  if (typeof parsed === 'string') {
    throw new OperatorError(
      `The URL of the database ${parsed}.`,
      'it looks like this: postgresql://user:password@host:5432/database',
    );
  }
  const url = parsed.direct().node();
  const connection = { connectionString: url, connectionTimeoutMillis: 10_000 };
  try {
    return await withClient(connection, (client) => examine(client, login));
  } catch (cause) {
    const { message, code } = cause as { message?: string; code?: string };
    throw new OperatorError(
      `The database ${describeUrl(url)} cannot be examined: ${message || code}.`,
      'check the URL; any login that may connect will do.',
      { cause },
    );
  }
}
