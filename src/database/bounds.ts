/**
 * Ends a batch when the database does not answer in time, or when the client hangs up. Takes the function
 * that sends the batch, returns its outcome. A batch that is ended is cancelled and its connection closed:
 * a late answer or a late cancellation must never reach the connection's next request.
 */
import { cancelStatement } from './cancel.ts';
import type { Dispatch } from './one-round-trip/client.ts';
import { Link } from './one-round-trip/link.ts';
import { CallerGoneError, callerOf } from './request.ts';
import { isUnavailable } from './unavailable.ts';

/** PostgreSQL stops a statement itself after statement_timeout. After this much more time it counts as hung. */
const GRACE_MS = 2000;

/** It is then unknown whether a write was done. That must never be reported as success. */
class LateError extends Error {
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('the database did not answer in time');
    this.name = 'LateError';
  }
}

export interface BoundsOptions {
  readonly statementTimeoutMs: number;
  /** Called with the error of each failed batch, for the metrics. */
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

/** For a connection that has answered nothing: whether the connection was closed before it was used. */
export const diedIdle = (error: unknown): boolean =>
  isUnavailable(error) && !(error instanceof LateError) && !(error instanceof CallerGoneError);
