/** A question before something is lost: asked on a terminal, answered by `--yes` anywhere else. */
import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../errors.ts';

export interface Loss {
  /** What is lost, as a sentence. */
  readonly what: string;
  /** The command line that means it. */
  readonly command: string;
  readonly production: boolean;
}

/** What is for a developer's own database. `what` is why, as a sentence. */
export function refuseProduction(what: string, production: boolean): void {
  if (!production) return;
  throw new OperatorError(
    `${what} This is production (NODE_ENV).`,
    'there is none on purpose: committed migrations come here with npm run db -- migrate.',
  );
}

export async function confirm(loss: Loss, yes: boolean): Promise<void> {
  refuseProduction(loss.what, loss.production);
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new OperatorError(loss.what, `if you mean it: ${loss.command} --yes`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${loss.what} Type yes to go on: `);
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') {
    throw new OperatorError('Nothing was done.', `answer yes, or: ${loss.command} --yes`);
  }
}
