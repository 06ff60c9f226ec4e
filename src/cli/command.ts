/**
 * What every command shares: help, one-sentence errors, exit codes. 0 is done, 1 is "no" with a reason,
 * 2 is a command line that could not be understood.
 */
import { describeError } from '../errors.ts';

/** A command line that makes no sense; the help is printed after it. */
export class UsageError extends Error {}

export async function runCommand(
  help: string,
  work: (args: string[]) => Promise<number | undefined>,
): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help.trim());
    return;
  }
  try {
    process.exitCode = (await work(args)) ?? 0;
  } catch (error) {
    const usage = error instanceof UsageError || isParseError(error);
    if (usage) console.error(`rowguard: ${(error as Error).message}\n\n${help.trim()}`);
    else console.error(`rowguard: ${describeError(error)}`);
    process.exitCode = usage ? 2 : 1;
  }
}

/** node:util's parseArgs reports unknown and incomplete options with codes of its own. */
const isParseError = (error: unknown): boolean =>
  String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
