/**
 * The error of a request whose answer has more bytes than MAX_ANSWER_BYTES. Holds the limit and whether the
 * request is a read. Must never be taken for an error of the connection: the connection was closed on purpose.
 */
export class AnswerTooLargeError extends Error {
  readonly maxBytes: number;
  /** False for a mutation: a write of it may be done, because each statement is a transaction of its own. */
  readonly isRead: boolean;

  constructor(maxBytes: number, isRead: boolean) {
    super(`the answer has more than ${maxBytes} bytes`);
    this.name = 'AnswerTooLargeError';
    this.maxBytes = maxBytes;
    this.isRead = isRead;
  }
}
