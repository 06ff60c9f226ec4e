/**
 * Bounds every batch of a request by a deadline and by its client: when either ends, the statement is
 * cancelled and the connection closed. A late answer or a late cancellation must never reach the connection's
 * next request.
 */
import { cancelStatement } from './cancel.ts';
import type { Dispatch } from './one-round-trip/client.ts';
import { Link } from './one-round-trip/link.ts';
import { callerOf } from './request.ts';
import { isUnavailable } from './unavailable.ts';

/** PostgreSQL ends a statement after statement_timeout. This many milliseconds later it counts as hung. */
const GRACE_MS = 2000;

/** The client has closed its connection. Not logged as an error. */
export class CallerGoneError extends Error {
  readonly code = 'ECONNABORTED';
  constructor() {
    super('the client has gone');
    this.name = 'CallerGoneError';
  }
}

/** The deadline has passed. Nobody knows whether a write was committed, so it is never reported as success. */
class LateError extends Error {
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('the database did not answer in time');
    this.name = 'LateError';
  }
}

export interface BoundsOptions {
  readonly statementTimeoutMs: number;
  /** Receives the error of a failed batch, for the metrics. */
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

/** Whether an error on a connection that has answered nothing means that it died while it was idle. */
export const diedIdle = (error: unknown): boolean =>
  isUnavailable(error) && !(error instanceof LateError) && !(error instanceof CallerGoneError);
