/**
 * Takes an error of execution, returns the error for the client: a sentence and a stable code. Must never
 * send SQL, table names or stacks to a client. Such an error is logged under the client's `errorId`.
 */
import { randomUUID } from 'node:crypto';
import { isSafeError } from 'postgraphile/grafast';
import { GraphQLError } from 'postgraphile/graphql';
import { AnswerTooLargeError } from '../../database/answer-too-large.ts';
import type { Constraints } from '../../database/constraints.ts';
import { isUnavailable, unavailableReason } from '../../database/unavailable.ts';
import {
  type ErrorCode,
  GONE,
  ItemError,
  NOT_NOW,
  tooLarge,
  type UnavailableReason,
  WRONG,
} from '../client-error.ts';
import { clientMeaning, type FieldOf } from './database-errors.ts';

export interface ErrorMaskOptions {
  readonly constraints: () => Constraints;
  /** Called with each hidden error and the id that the client got instead. */
  readonly log: (errorId: string, error: unknown) => void;
}

export function errorMask({ constraints, log }: ErrorMaskOptions, fieldOf: FieldOf) {
  const hide = (
    error: GraphQLError,
    hidden: unknown,
    code: ErrorCode,
    message: string,
    reason?: UnavailableReason,
  ) => {
    const errorId = randomUUID();
    log(errorId, hidden);
    return rewrite(error, message, { code, ...(reason && { reason }), errorId });
  };
  return (error: GraphQLError): GraphQLError => {
    const thrown = error.originalError;
    const item = thrown instanceof ItemError ? thrown.item : undefined;
    const original = thrown instanceof ItemError ? thrown.cause : thrown;
    if (!original || original instanceof GraphQLError) {
      if (isUnexpectedNull(error)) {
        return isAccount(error)
          ? rewrite(error, GONE, { code: 'ACCOUNT_DELETED' })
          : hide(error, error, 'INTERNAL', WRONG);
      }
      // graphql-js wrote this message for the client. Its suggestions would reveal the schema.
      const message = error.message.replace(/ Did you mean .*\?$/, '');
      return rewrite(error, message, { ...error.extensions, code: codeOf(error) });
    }
    // The plans in src/graphql/schema throw SafeErrors with a code, PostGraphile's plans without.
    if (isSafeError(original)) {
      return rewrite(error, original.message, { ...original.extensions, code: codeOf(original) });
    }
    if (original instanceof AnswerTooLargeError) {
      const message = tooLarge(original.maxBytes, original.isRead);
      return rewrite(error, message, { code: 'TOO_COMPLEX' });
    }
    if (isUnavailable(original)) {
      return hide(error, original, 'UNAVAILABLE', NOT_NOW, unavailableReason(original));
    }
    const known = clientMeaning(original, constraints(), fieldOf);
    if (known) {
      const { code, message, reason } = known;
      const field = [item, known.field].filter(Boolean).join('.');
      return rewrite(error, message, { code, ...(reason && { reason }), ...(field && { field }) });
    }
    return hide(error, original, 'INTERNAL', WRONG);
  };
}

function codeOf({ extensions }: { extensions?: Readonly<Record<string, unknown>> }): unknown {
  return extensions?.code ?? 'BAD_USER_INPUT';
}

/** A non-null field was null: graphql-js reports it without an original error. */
const isUnexpectedNull = (error: GraphQLError): boolean =>
  /^Cannot return null for non-nullable/.test(error.message);

/** The only known cause: the account was deleted while its last requests were running. */
const isAccount = ({ path }: GraphQLError): boolean => {
  const field = path?.at(-1);
  return field === 'me' || field === 'user';
};

function rewrite(
  error: GraphQLError,
  message: string,
  extensions: Record<string, unknown> | undefined,
): GraphQLError {
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
