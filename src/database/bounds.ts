/**
 * Puts two bounds on every batch of a request: the time the database may take to say anything, and the
 * time its caller stays on the line. Whatever is beyond them is cancelled, and its connection closed: a
 * late answer, or a late cancellation, must never meet the connection's next request.
 */
import { cancelStatement } from './cancel.ts';
import type { Dispatch } from './one-round-trip/client.ts';
import { Link } from './one-round-trip/link.ts';
import { callerOf } from './request.ts';
import { isUnavailable } from './unavailable.ts';

/** PostgreSQL stops a statement itself after statement_timeout; this much later it is not well. */
const GRACE_MS = 2000;

/** Nobody waits for the answer any more: no error to be logged. */
export class CallerGoneError extends Error {
  readonly code = 'ECONNABORTED';
  constructor() {
    super('the client has gone');
    this.name = 'CallerGoneError';
  }
}

/** Whether a write was done is then unknown, which must never pass for success. */
class LateError extends Error {
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('the database did not answer in time');
    this.name = 'LateError';
  }
}

export interface BoundsOptions {
  readonly statementTimeoutMs: number;
  /** Receives what a batch failed with, for the metrics. */
  readonly failed: (error: unknown) => void;
}

export function boundedDispatch({ statementTimeoutMs, failed }: BoundsOptions): Dispatch {
  return async (send, { client, pgSettings }) => {
    const caller = callerOf(pgSettings);
    if (caller?.gone) throw new CallerGoneError();
    let reason: Error | undefined;
    let stopping: Promise<void> | undefined;
    const stop = (why: Error): void => {
      reason ??= why;
      stopping ??= cancelStatement(client).then(() => Link.of(client).drop());
    };
    const deadline = setTimeout(() => stop(new LateError()), statementTimeoutMs + GRACE_MS);
    const stay = caller?.whenGone(() => stop(new CallerGoneError()));
    try {
      return await send();
    } catch (error) {
      if (!(reason instanceof CallerGoneError)) failed(reason ?? error);
      throw reason ?? error;
    } finally {
      clearTimeout(deadline);
      stay?.();
      await stopping;
    }
  };
}

/** Of a connection that has answered nothing: whether it was closed before it was asked. */
export const diedIdle = (error: unknown): boolean =>
  isUnavailable(error) && !(error instanceof LateError) && !(error instanceof CallerGoneError);
