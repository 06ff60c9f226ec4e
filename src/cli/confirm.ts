/**
 * Asks before data is lost. Takes what is lost, resolves after "yes" on a terminal or with `--yes`, else
 * throws an OperatorError. Always refuses in production.
 */
import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../errors.ts';

export interface Loss {
  /** Sentence: what is lost. */
  readonly what: string;
  /** The command, without --yes. */
  readonly command: string;
  readonly production: boolean;
}

/** For development commands. `what` is a sentence that says what the command does. */
export function refuseProduction(what: string, production: boolean): void {
  if (!production) return;
  throw new OperatorError(
    `${what} This is production (NODE_ENV).`,
    'run this command on a development database. Committed migrations reach production with npm run db -- migrate.',
  );
}

export async function confirm(loss: Loss, yes: boolean): Promise<void> {
  refuseProduction(loss.what, loss.production);
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new OperatorError(loss.what, `to do it anyway: ${loss.command} --yes`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${loss.what} Type yes to continue: `);
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') {
    throw new OperatorError('Nothing was changed.', `answer yes, or run ${loss.command} --yes`);
  }
}
