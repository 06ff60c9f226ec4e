/**
 * Shared by all commands: --help, errors in one sentence, exit codes. Takes the help text and the work.
 * Exit codes: 0 success, 1 refused or failed, 2 invalid command line.
 */
import { describeError } from '../errors.ts';

/** Invalid command line; the help is printed after the message. */
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

/** Errors of node:util's parseArgs: unknown or incomplete options. */
const isParseError = (error: unknown): boolean =>
  String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
