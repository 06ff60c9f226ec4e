/**
 * Errors meant for the person who runs Rowguard. Each says what is wrong in one sentence and how to get
 * out of it; the program prints both and no stack. They must never carry a password or a token.
 */

export class OperatorError extends Error {
  /** What to do about it: whole sentences, commands as they can be typed. */
  readonly wayOut: string;

  constructor(message: string, wayOut: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.wayOut = wayOut;
  }
}

/** Prints an error for the terminal: an OperatorError as two sentences, anything else with its stack. */
export function describeError(error: unknown): string {
  if (error instanceof OperatorError) return `${error.message}\n  Way out: ${error.wayOut}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
