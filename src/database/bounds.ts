/**
 * Ends a batch when the database does not answer in time or answers too much, or when the client hangs up.
 * Takes the function that sends the batch, returns its outcome. A batch that is ended is cancelled and its
 * connection closed: a late answer or a late cancellation must never reach the connection's next request.
 */
import { AnswerTooLargeError } from './answer-too-large.ts';
import { cancelStatement } from './cancel.ts';
import type { Dispatch } from './one-round-trip/client.ts';
import { Link } from './one-round-trip/link.ts';
import { Caller, CallerGoneError, callerOf, isRead } from './request.ts';
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
  /** Bytes that the database may send for all statements of one request together. */
  readonly maxAnswerBytes: number;
  /** Called with the error of each failed batch, for the metrics. */
  readonly failed: (error: unknown) => void;
}

export function boundedDispatch(options: BoundsOptions): Dispatch {
  const { statementTimeoutMs, maxAnswerBytes, failed } = options;
  return async (send, { client, pgSettings }) => {
    // Without a known caller each statement is bounded by itself.
    const caller = callerOf(pgSettings) ?? new Caller();
    if (caller.gone) throw new CallerGoneError();
    const tooLarge = () => new AnswerTooLargeError(maxAnswerBytes, isRead(pgSettings));
    if (caller.receivedBytes > maxAnswerBytes) throw tooLarge();
    let reason: Error | undefined;
    let stopping: Promise<void> | undefined;
    const stop = (why: Error): void => {
      reason ??= why;
      stopping ??= cancelStatement(client).then(() => Link.of(client).drop());
    };
    const deadline = setTimeout(() => stop(new LateError()), statementTimeoutMs + GRACE_MS);
    const stay = caller.whenGone(() => stop(new CallerGoneError()));
    const received = (bytes: number): void => {
      caller.receivedBytes += bytes;
      if (caller.receivedBytes <= maxAnswerBytes) return;
      // Nothing more is read while the cancel request is under way.
      Link.of(client).pause();
      stop(tooLarge());
    };
    try {
      const result = await send(received);
      // The last bytes were too many. A write that has reported its end is done, so it is not an error.
      if (reason instanceof AnswerTooLargeError && reason.isRead) throw reason;
      return result;
    } catch (error) {
      if (isOfDatabase(reason)) failed(reason ?? error);
      throw reason ?? error;
    } finally {
      clearTimeout(deadline);
      stay();
      await stopping;
    }
  };
}

/** Not the reasons that lie with the client. */
const isOfDatabase = (reason: Error | undefined): boolean =>
  !(reason instanceof CallerGoneError) && !(reason instanceof AnswerTooLargeError);

/** For a connection that has answered nothing: whether the connection was closed before it was used. */
export const diedIdle = (error: unknown): boolean =>
  isUnavailable(error) && !(error instanceof LateError) && !(error instanceof CallerGoneError);
