/**
 * Errors meant for the person who runs Rowguard. Each says in one sentence what is wrong and in another
 * how to fix it. The program prints both and no stack. They must never carry a password or a token.
 */

export class OperatorError extends Error {
  /** How to fix it: whole sentences, commands as they can be typed. */
  readonly fix: string;

  constructor(message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.fix = fix;
  }
}

/** The text for the terminal: an OperatorError as two sentences, any other error with its stack. */
export function describeError(error: unknown): string {
  if (error instanceof OperatorError) return `${error.message}\n  Fix: ${error.fix}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
