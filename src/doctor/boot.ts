/**
 * Before the server listens: production does not serve an unsafe database or as an unsafe login. In
 * development the same findings are lines in the log, because the developer is still at work.
 */
import type { Pool } from 'pg';
import { OperatorError } from '../errors.ts';
import { errorsOf, examineServer, type Finding } from './doctor.ts';
import { line } from './report.ts';

export async function examineBeforeServing(
  pool: Pool,
  production: boolean,
  log: (line: string) => void,
): Promise<void> {
  const findings = await examineServer(pool);
  const errors = errorsOf(findings);
  if (production && errors.length > 0) throw refusal(errors);
  for (const finding of findings) {
    // A developer cannot change the version of the embedded PostgreSQL.
    if (production || finding.code !== 'SERVER_VERSION') log(line(finding));
  }
}

function refusal(errors: readonly Finding[]): OperatorError {
  const list = errors.map(({ code, object, message }) => `  - ${code} ${object}: ${message}`);
  return new OperatorError(
    `The database is not safe to serve:\n${list.join('\n')}`,
    'npm run doctor prints the SQL that fixes each; run it as the owner, then start again.',
  );
}
