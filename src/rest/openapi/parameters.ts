/** Parameters of paths, queries and headers. Takes a list or a function, returns what OpenAPI calls parameters. */
import { isNonNullType } from 'postgraphile/graphql';
import type { Callable } from '../functions.ts';
import { hasStatus } from '../list-query.ts';
import type { List } from '../model.ts';
import { exampleOf, type JsonSchema, schemaOf } from './json-schema.ts';

const inPath = (name: string, description: string, schema: JsonSchema, example: unknown) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
  example,
});

export const PERSON = inPath(
  'user_id',
  'Your own id, or `me`.',
  { anyOf: [{ type: 'integer', minimum: 1 }, { const: 'me' }] },
  'me',
);

export const ID = inPath(
  'id',
  'The id of the row.',
  { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 },
  1,
);

const inQuery = (name: string, description: string, schema: JsonSchema) => ({
  name,
  in: 'query',
  description,
  schema,
});

/** In a query nothing is null. */
function present(schema: JsonSchema): JsonSchema {
  const { type, enum: values, ...rest } = schema;
  const all = Array.isArray(values) ? { enum: values.filter((one) => one !== null) } : {};
  return {
    ...rest,
    ...(type !== undefined && { type: Array.isArray(type) ? type[0] : type }),
    ...all,
  };
}

export function listParameters(list: List, most: number) {
  const orders = [...list.orders.keys()];
  return [
    ...list.filters.map(({ name, type, description }) => {
      const schema = present(schemaOf(type));
      const parameter = inQuery(name, description ?? '', schema);
      return schema.type === 'array' ? { ...parameter, style: 'form', explode: false } : parameter;
    }),
    ...(hasStatus(list)
      ? [
          inQuery('status', 'The same as `completed`: all, pending (false) or completed (true).', {
            type: 'string',
            enum: ['all', 'pending', 'completed'],
          }),
        ]
      : []),
    ...(orders.length > 0
      ? [
          inQuery('sort', 'The column of the order. Newest first unless told.', {
            type: 'string',
            enum: orders,
          }),
          inQuery('order', 'Ascending unless told.', { type: 'string', enum: ['asc', 'desc'] }),
        ]
      : []),
    ...pageParameters(most),
  ];
}

const pageParameters = (most: number) => [
  inQuery('limit', 'Number of rows.', {
    type: 'integer',
    minimum: 0,
    maximum: most,
    default: most,
  }),
  inQuery('after', 'The place of the next page: follow `Link` instead of writing it.', {
    type: 'string',
  }),
  inQuery('skip', 'Leaves out the first rows. Prefer `after`.', {
    type: 'integer',
    minimum: 0,
    maximum: most,
    default: 0,
  }),
];

export function callParameters(callable: Callable, most: number) {
  const own = [...callable.parameters.values()].map(({ name, type, description }) => ({
    ...inQuery(name, description ?? '', present(schemaOf(type))),
    required: isNonNullType(type),
    example: exampleOf(type, name),
  }));
  return [...own, ...(callable.shape === 'page' ? pageParameters(most) : [])];
}

const inHeader = (name: string, description: string, schema: JsonSchema) => ({
  name,
  in: 'header',
  description,
  schema,
});

export const IF_MATCH = inHeader(
  'If-Match',
  'The ETag that you read. If the row has changed since, nothing is done and the status is 412.',
  { type: 'string' },
);

export const IF_NONE_MATCH = inHeader(
  'If-None-Match',
  'The ETag that you have. If the row is still the same, the status is 304.',
  { type: 'string' },
);

export const IDEMPOTENCY_KEY = inHeader(
  'Idempotency-Key',
  'A text of your choice, new for each row. The same request with the same key within 24 hours makes no second row.',
  { type: 'string', minLength: 1, maxLength: 200 },
);
