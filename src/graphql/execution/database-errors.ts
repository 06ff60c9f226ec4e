/**
 * What a client can do something about, of what the database refuses: SQLSTATE → code and sentence. A
 * broken constraint says the sentence that its comment holds; none of the database's own words go on.
 */
import type { ErrorCode } from '../client-error.ts';

/** Constraint name → the sentence for whoever broke it. */
export type ConstraintMessages = ReadonlyMap<string, string>;

interface DatabaseError {
  readonly code: string;
  readonly constraint?: string;
  readonly column?: string;
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
export function explain(
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
    case '23503': // foreign_key_violation: of a task, only if its owner's account is gone
      return { code: 'CONFLICT', message: rule ?? 'What this belongs to no longer exists.' };
    case 'RG011': // create_task_once: the key was used for other content
      return { code: 'CONFLICT', message: 'This idempotencyKey was used for something else.' };
    case 'RG012': // create_task_once: what the key made is gone
      return { code: 'CONFLICT', message: 'What this idempotencyKey made has been deleted since.' };
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
        message: 'Somebody else changed this at the same moment. Try again.',
      };
    case '57014': // query_canceled
    case '55P03': // lock_not_available
      return { code: 'TIMEOUT', message: 'This took too long and was stopped.' };
    default:
      return undefined;
  }
}

function isDatabaseError(error: Error): error is DatabaseError & Error {
  return 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}
