/**
 * JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) of values in REST. Takes a GraphQL type, returns its schema.
 * A type that is not known here is any value.
 */
import {
  type GraphQLInputType,
  type GraphQLOutputType,
  getNullableType,
  isEnumType,
  isListType,
  isNonNullType,
} from 'postgraphile/graphql';

export type JsonSchema = { readonly [keyword: string]: unknown };

const MAX_INT = 2 ** 31 - 1;

const SCALARS: Readonly<Record<string, JsonSchema>> = {
  Int: { type: 'integer', format: 'int32', minimum: -MAX_INT - 1, maximum: MAX_INT },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
  String: { type: 'string' },
  Datetime: { type: 'string', format: 'date-time' },
  Date: { type: 'string', format: 'date' },
  UUID: { type: 'string', format: 'uuid' },
  // As texts, because JavaScript's numbers are not exact enough.
  BigInt: { type: 'string', pattern: '^-?\\d+$' },
  BigFloat: { type: 'string' },
};

const EXAMPLES: Readonly<Record<string, unknown>> = {
  Int: 1,
  Float: 1.5,
  Boolean: false,
  Datetime: '2026-01-31T09:30:00.123456+00:00',
  Date: '2026-01-31',
  UUID: '3f0c6a52-2f0e-4c1e-9a3a-7b1f0c1d2e3f',
  BigInt: '1',
  BigFloat: '1.5',
};

type Type = GraphQLInputType | GraphQLOutputType;

export function schemaOf(type: Type): JsonSchema {
  const schema = notNull(getNullableType(type));
  return isNonNullType(type) ? schema : nullable(schema);
}

function notNull(bare: ReturnType<typeof getNullableType>): JsonSchema {
  if (isListType(bare)) return { type: 'array', items: schemaOf(bare.ofType as Type) };
  if (isEnumType(bare)) return { type: 'string', enum: bare.getValues().map(({ name }) => name) };
  return SCALARS[String(bare)] ?? {};
}

export function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (typeof type !== 'string') return schema;
  const all = Array.isArray(values) ? { enum: [...values, null] } : {};
  return { ...schema, type: [type, 'null'], ...all };
}

/** undefined: the type has no obvious value. */
export function exampleOf(type: Type, name: string, maxLength?: number): unknown {
  const bare = getNullableType(type);
  if (isEnumType(bare)) return bare.getValues()[0]?.name;
  if (String(bare) === 'String') return `Some ${name.replaceAll('_', ' ')}`.slice(0, maxLength);
  return EXAMPLES[String(bare)];
}
