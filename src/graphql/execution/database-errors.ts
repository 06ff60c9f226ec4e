/**
 * Database errors that a client can correct. Takes an error, returns a code and a sentence by its SQLSTATE,
 * or undefined for any other error. The sentence of a broken constraint is the constraint's comment. Must
 * never pass on PostgreSQL's own message.
 */
import type { ErrorCode } from '../client-error.ts';

/** Constraint name → the sentence for the client. */
export type ConstraintMessages = ReadonlyMap<string, string>;

interface DatabaseError {
  readonly code: string;
  readonly constraint?: string;
  readonly column?: string;
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
export function clientMeaning(
  error: Error,
  constraints: ConstraintMessages,
): { code: ErrorCode; message: string } | undefined {
  if (!isDatabaseError(error)) return undefined;
  const rule = error.constraint ? constraints.get(error.constraint) : undefined;
  switch (error.code) {
    case '23514': // check_violation
      return { code: 'BAD_USER_INPUT', message: rule ?? 'A value is not allowed.' };
    case '23505': // unique_violation
      return { code: 'CONFLICT', message: rule ?? 'This already exists.' };
    case '23503': // foreign_key_violation: of a task, only after its owner's account was deleted
      return { code: 'CONFLICT', message: rule ?? 'The row that this refers to does not exist.' };
    case 'RG011': // create_task_once: the key was used for other content
      return { code: 'CONFLICT', message: 'This idempotencyKey was used with other content.' };
    case 'RG012': // create_task_once: the row of the key was deleted
      return { code: 'CONFLICT', message: 'The row created with this idempotencyKey was deleted.' };
    case '23502': // not_null_violation
      return { code: 'BAD_USER_INPUT', message: `${error.column ?? 'A value'} is required.` };
    case '22001': // string_data_right_truncation
    case '22003': // numeric_value_out_of_range
    case '22007': // invalid_datetime_format
    case '22008': // datetime_field_overflow
    case '22009': // invalid_time_zone_displacement_value
    case '22021': // character_not_in_repertoire: a NUL character in a text
    case '22P02': // invalid_text_representation
    case '22P05': // untranslatable_character
      return { code: 'BAD_USER_INPUT', message: 'A value is not allowed.' };
    case '40001': // serialization_failure
    case '40P01': // deadlock_detected
      return {
        code: 'CONFLICT',
        message: 'Another request changed this at the same time. Try again.',
      };
    case '57014': // query_canceled
    case '55P03': // lock_not_available
      return { code: 'TIMEOUT', message: 'The request took too long and was stopped.' };
    default:
      return undefined;
  }
}

function isDatabaseError(error: Error): error is DatabaseError & Error {
  return 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}
