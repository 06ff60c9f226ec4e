/**
 * Database errors that a client can correct. Takes an error, returns what the client learns by its SQLSTATE, or
 * undefined for any other error. The sentence of a broken constraint is the comment of the constraint. Must never
 * pass on a message of PostgreSQL; only the message of a `raise` with a code of our own.
 */
import {
  type Constraint,
  type Constraints,
  constraintKey,
  tableKey,
} from '../../database/constraints.ts';
import { type ConflictReason, type ErrorCode, GONE, NOT_FOUND } from '../client-error.ts';

export interface ClientMeaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly reason?: ConflictReason | undefined;
  /** The API's name of the column or argument. */
  readonly field?: string | undefined;
}

/** Returns the API's name of a column, undefined if the API does not have it. See field-names.ts. */
export type FieldOf = (column: string, table?: string) => string | undefined;

/** Fields of a pg error: https://www.postgresql.org/docs/18/protocol-error-fields.html */
interface DatabaseError {
  readonly message: string;
  readonly code: string;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  /** The function of PostgreSQL's source that raised the error. Messages may be translated, this is not. */
  readonly routine?: string | undefined;
}

const NOT_ALLOWED = 'A value is not allowed.';
const MAY_NOT = 'This is not allowed.';

/** SQLSTATEs that a migration's SQL raises for a client, with the sentence for a `raise` without a message. */
const OWN: Readonly<Record<string, readonly [ErrorCode, string] | undefined>> = {
  RG400: ['BAD_USER_INPUT', NOT_ALLOWED],
  RG403: ['FORBIDDEN', MAY_NOT],
  RG404: ['NOT_FOUND', NOT_FOUND],
  RG409: ['CONFLICT', 'This is not possible at the moment.'],
};

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
export function clientMeaning(
  error: Error,
  constraints: Constraints,
  fieldOf: FieldOf,
): ClientMeaning | undefined {
  if (!isDatabaseError(error)) return undefined;
  const own = OWN[error.code];
  if (own) {
    const [code, message] = own;
    // Without a message PostgreSQL makes the SQLSTATE the message.
    const said = error.message === error.code ? message : error.message;
    return { code, message: said, field: namedField(error, fieldOf) };
  }
  const rule = constraintOf(error, constraints);
  const message = rule?.message;
  const field = rule && onlyField(rule, fieldOf);
  switch (error.code) {
    case '23514': // check_violation
      return { code: 'BAD_USER_INPUT', message: message ?? NOT_ALLOWED, field };
    case '44000': // with_check_option_violation: of a view
      return { code: 'BAD_USER_INPUT', message: NOT_ALLOWED };
    case '23505': // unique_violation
    case '23P01': // exclusion_violation
      return { ...conflict('EXISTS', message ?? 'This already exists.'), field };
    case '23503': // foreign_key_violation
    case '23001': // restrict_violation
      // The account's row is missing only if the account was deleted meanwhile.
      if (rule?.account) return { code: 'ACCOUNT_DELETED', message: GONE };
      return { ...conflict('REFERENCE', message ?? referenceOf(error)), field };
    case 'RG011': // claim_create: the key was used for other content
      return conflict('KEY_REUSED', 'This idempotencyKey was used with other content.');
    case '23502': {
      // not_null_violation
      const name = namedField(error, fieldOf);
      return { code: 'BAD_USER_INPUT', message: `${name ?? 'A value'} is required.`, field: name };
    }
    case '22001': // string_data_right_truncation
    case '22003': // numeric_value_out_of_range
    case '22007': // invalid_datetime_format
    case '22008': // datetime_field_overflow
    case '22009': // invalid_time_zone_displacement_value
    case '22021': // character_not_in_repertoire: a NUL character in a text
    case '22P02': // invalid_text_representation
    case '22P05': // untranslatable_character
      return { code: 'BAD_USER_INPUT', message: NOT_ALLOWED };
    case '42501': // insufficient_privilege: of a policy here; a missing grant is a fault of the migration
      return error.routine === POLICY ? { code: 'FORBIDDEN', message: MAY_NOT } : undefined;
    case '40001': // serialization_failure
    case '40P01': // deadlock_detected
      return conflict('CONCURRENT', 'Another request changed this at the same time. Try again.');
    case '57014': // query_canceled
    case '55P03': // lock_not_available
      return { code: 'TIMEOUT', message: 'The request took too long and was stopped.' };
    default:
      return undefined;
  }
}

/** Checks the new row against policies and views: src/backend/executor/execMain.c in PostgreSQL. */
const POLICY = 'ExecWithCheckOptions';

const conflict = (reason: ConflictReason, message: string): ClientMeaning => ({
  code: 'CONFLICT',
  message,
  reason,
});

/** PostgreSQL has one SQLSTATE for both ends of a foreign key. */
const referenceOf = ({ message }: DatabaseError): string =>
  /^update or delete/.test(message)
    ? 'Other rows refer to this one.'
    : 'The row that this refers to does not exist.';

function constraintOf(error: DatabaseError, constraints: Constraints): Constraint | undefined {
  if (!error.constraint) return undefined;
  const of = tableKey(error.schema, error.table ?? error.dataType);
  return constraints.get(constraintKey(of, error.constraint));
}

/** The one column of the rule that the API has: the owner's column is part of most rules and not in the API. */
function onlyField({ table, columns }: Constraint, fieldOf: FieldOf): string | undefined {
  const fields = columns.flatMap((column) => fieldOf(column, table) ?? []);
  return fields.length === 1 ? fields[0] : undefined;
}

function namedField({ schema, table, column }: DatabaseError, fieldOf: FieldOf) {
  if (!column) return undefined;
  return fieldOf(column, table === undefined ? undefined : tableKey(schema, table));
}

function isDatabaseError(error: Error): error is DatabaseError & Error {
  return 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}
