/** Paths of the document. Takes a resource or a function, returns its paths with their operations. */
import { isNonNullType } from 'postgraphile/graphql';
import type { Callable } from '../functions.ts';
import type { List, Resource } from '../model.ts';
import { headers, problems, problemsOfBody } from './answers.ts';
import { exampleOf, type JsonSchema, schemaOf } from './json-schema.ts';
import {
  callParameters,
  ID,
  IDEMPOTENCY_KEY,
  IF_MATCH,
  IF_NONE_MATCH,
  listParameters,
  PERSON,
} from './parameters.ts';
import { ref, schemaName } from './schemas.ts';

type Header = Parameters<typeof headers>[number];

const answer = (description: string, schema: JsonSchema, ...names: Header[]) => ({
  description,
  ...(names.length > 0 && { headers: headers(...names) }),
  content: { 'application/json': { schema } },
});

const body = (schema: JsonSchema, required = true) => ({
  required,
  content: { 'application/json': { schema } },
});

export function pathsOf(resource: Resource, most: number): Record<string, object> {
  const { path, list, create, update, toggle } = resource;
  const base = `/api/{user_id}/${path}`;
  return {
    [base]: {
      parameters: [PERSON],
      ...(list && { get: listOperation(resource, list, most) }),
      ...(create && { post: createOperation(resource) }),
    },
    [`${base}/{id}`]: rowOperations(resource),
    ...(toggle && update && { [`${base}/{id}/complete`]: completeOperations(resource) }),
  };
}

const named = ({ name, path }: Resource, verb: string, summary: string) => ({
  operationId: `${verb}_${name}`,
  summary,
  tags: [path],
});

/** table name → the words of a sentence. */
const noun = ({ name }: Resource): string => name.replaceAll('_', ' ');

const listOperation = (resource: Resource, list: List, most: number) => ({
  ...named(
    { ...resource, name: resource.path },
    'list',
    `Your ${resource.path.replaceAll('_', ' ')}, newest first.`,
  ),
  parameters: listParameters(list, most),
  responses: {
    '200': answer(
      'The rows of the page.',
      { type: 'array', items: ref(schemaName(resource)) },
      'X-Total-Count',
      'Link',
    ),
    ...problems(),
  },
});

const createOperation = (resource: Resource) => ({
  ...named(resource, 'create', `Creates a ${noun(resource)}.`),
  parameters: resource.create?.key ? [IDEMPOTENCY_KEY] : [],
  requestBody: body(ref(schemaName(resource, 'create'))),
  responses: {
    '201': answer('The new row.', ref(schemaName(resource)), 'Location', ...tag(resource)),
    ...problemsOfBody(),
  },
});

const tag = ({ changed }: Resource): Header[] => (changed === undefined ? [] : ['ETag']);

function rowOperations(resource: Resource) {
  const row = ref(schemaName(resource));
  const { update, changed } = resource;
  const ifMatch = changed === undefined ? [] : [IF_MATCH];
  const whole = answer('The row.', row, ...tag(resource));
  const written = (purpose: 'replace' | 'change') => ({
    parameters: ifMatch,
    requestBody: body(ref(schemaName(resource, purpose))),
    responses: { '200': whole, ...problemsOfBody(404, 412) },
  });
  return {
    parameters: [PERSON, ID],
    get: {
      ...named(resource, 'get', `One ${noun(resource)}.`),
      parameters: changed === undefined ? [] : [IF_NONE_MATCH],
      responses: {
        '200': whole,
        ...(changed !== undefined && { '304': { description: 'You have the newest state.' } }),
        ...problems(404),
      },
    },
    ...(update && {
      put: { ...named(resource, 'replace', REPLACES(noun(resource))), ...written('replace') },
      patch: {
        ...named(resource, 'update', 'Changes the fields that are sent.'),
        ...written('change'),
      },
    }),
    ...(resource.delete && {
      delete: {
        ...named(resource, 'delete', `Deletes a ${noun(resource)}.`),
        parameters: ifMatch,
        responses: { '204': { description: 'It is deleted.' }, ...problems(400, 404, 412) },
      },
    }),
  };
}

const REPLACES = (what: string): string =>
  `Replaces a ${what}: fields that may be empty and are left out become null.`;

const completeOperations = (resource: Resource) => ({
  parameters: [PERSON, ID],
  patch: {
    ...named(resource, 'complete', 'Without a body turns `completed` around; with one sets it.'),
    parameters: resource.changed === undefined ? [] : [IF_MATCH],
    requestBody: body(
      {
        type: 'object',
        properties: { completed: { type: 'boolean', examples: [true] } },
        additionalProperties: false,
      },
      false,
    ),
    responses: {
      '200': answer('The row.', ref(schemaName(resource)), ...tag(resource)),
      ...problemsOfBody(404, 412),
    },
  },
});

/** `rows`: the table whose rows the function returns. */
export function callPath(
  callable: Callable,
  rows: Resource | undefined,
  most: number,
): Record<string, object> {
  const { name, kind, description } = callable;
  const operation = {
    operationId: name,
    summary: description ?? name,
    tags: ['rpc'],
    responses: {
      ...resultOf(callable, rows),
      ...(kind === 'mutation' ? problemsOfBody(404) : problems(404)),
    },
  };
  return {
    [`/api/{user_id}/rpc/${name}`]: {
      parameters: [PERSON],
      ...(kind === 'query'
        ? { get: { ...operation, parameters: callParameters(callable, most) } }
        : { post: { ...operation, requestBody: argumentsOf(callable) } }),
    },
  };
}

function resultOf({ shape, values }: Callable, rows: Resource | undefined) {
  const row = rows ? ref(schemaName(rows)) : plainSchema(values);
  switch (shape) {
    case 'nothing':
      return { '204': { description: 'It is done.' } };
    case 'value':
      return { '200': answer('The result.', row) };
    case 'row':
      return { '200': answer('The row.', row) };
    case 'rows':
      return { '200': answer('The rows.', { type: 'array', items: row }) };
    case 'page':
      return { '200': answer('The rows of the page.', { type: 'array', items: row }, 'Link') };
  }
}

function plainSchema(values: Callable['values']): JsonSchema {
  return {
    type: 'object',
    required: values.map(({ name }) => name),
    properties: Object.fromEntries(values.map(({ name, type }) => [name, schemaOf(type)])),
  };
}

function argumentsOf({ parameters }: Callable) {
  const all = [...parameters.values()];
  const required = all.filter(({ type }) => isNonNullType(type)).map(({ name }) => name);
  const schema = {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(
      all.map(({ name, type, description }) => {
        const example = exampleOf(type, name);
        const more = {
          ...(description && { description }),
          ...(example !== undefined && { examples: [example] }),
        };
        return [name, { ...schemaOf(type), ...more }];
      }),
    ),
    additionalProperties: false,
  };
  return body(schema, required.length > 0);
}
