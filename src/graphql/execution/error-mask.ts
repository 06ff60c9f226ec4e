/**
 * What a client learns of an error: a sentence and a stable code. Nothing of SQL, tables or stacks goes
 * out; what the client can not use is logged under the id it is given.
 */
import { randomUUID } from 'node:crypto';
import { isSafeError } from 'postgraphile/grafast';
import { GraphQLError } from 'postgraphile/graphql';
import { isUnavailable, unavailableReason } from '../../database/unavailable.ts';
import { type ErrorCode, NOT_NOW, WRONG } from '../client-error.ts';
import { type ConstraintMessages, explain } from './database-errors.ts';

export interface ErrorMaskOptions {
  readonly constraints: () => ConstraintMessages;
  /** Receives what was hidden from the client, with the id it was given instead. */
  readonly log: (errorId: string, error: unknown) => void;
}

export function errorMask({ constraints, log }: ErrorMaskOptions) {
  const hide = (
    error: GraphQLError,
    hidden: unknown,
    message: string,
    extensions: { code: ErrorCode; reason?: string },
  ) => {
    const errorId = randomUUID();
    log(errorId, hidden);
    return rewrite(error, message, { ...extensions, errorId });
  };
  return (error: GraphQLError): GraphQLError => {
    const original = error.originalError;
    if (!original || original instanceof GraphQLError) {
      if (isHole(error)) {
        return isAccount(error)
          ? rewrite(error, GONE, { code: 'ACCOUNT_DELETED' })
          : hide(error, error, WRONG, { code: 'INTERNAL' });
      }
      // Written for the client, by graphql-js. What it suggests would tell the schema.
      const message = error.message.replace(/ Did you mean .*\?$/, '');
      return rewrite(error, message, { ...error.extensions, code: codeOf(error) });
    }
    // By a plan of ours with its code, by PostGraphile without.
    if (isSafeError(original)) return rewrite(error, original.message, { code: codeOf(original) });
    if (isUnavailable(original)) {
      const reason = unavailableReason(original);
      return hide(error, original, NOT_NOW, { code: 'UNAVAILABLE', reason });
    }
    const told = explain(original, constraints());
    if (told) return rewrite(error, told.message, { code: told.code });
    return hide(error, original, WRONG, { code: 'INTERNAL' });
  };
}

const GONE = 'This account was deleted.';

function codeOf({ extensions }: { extensions?: Readonly<Record<string, unknown>> }): unknown {
  return extensions?.code ?? 'BAD_USER_INPUT';
}

/** A field that is never null was: graphql-js has a message for it and no original error. */
const isHole = (error: GraphQLError): boolean =>
  /^Cannot return null for non-nullable/.test(error.message);

/** The one hole that can happen: the account ended while its last requests were running. */
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
