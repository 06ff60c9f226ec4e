/** Schemas of the rows and bodies of one table. Takes a resource and the rules of its columns. */
import type { Purpose } from '../body.ts';
import type { Column, Resource } from '../model.ts';
import { exampleOf, type JsonSchema, nullable, schemaOf } from './json-schema.ts';
import type { Keywords } from './rules.ts';

export type Rules = ReadonlyMap<string, Keywords>;

export const schemaName = ({ type }: Resource, purpose?: Purpose): string =>
  type + { create: 'Create', replace: 'Replace', change: 'Change', row: '' }[purpose ?? 'row'];

export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

export function schemasOf(resource: Resource, rules: Rules): Record<string, JsonSchema> {
  const schemas = { [schemaName(resource)]: rowSchema(resource, rules) };
  const purposes: Purpose[] = [
    ...(resource.create ? (['create'] as const) : []),
    ...(resource.update ? (['replace', 'change'] as const) : []),
  ];
  for (const purpose of purposes) {
    schemas[schemaName(resource, purpose)] = bodySchema(resource, rules, purpose);
  }
  return schemas;
}

/** See shapeOf in rows.ts. */
const CHANGED = 'When the row last changed; the time of its creation if it never did.';

function rowSchema({ columns, changed, description }: Resource, rules: Rules): JsonSchema {
  const properties = columns.map((column) => {
    const { name, notNull, field } = column;
    const always = notNull || name === changed;
    const value = columnSchema(column, schemaOf(column.type), rules);
    const { type, ...rest } = value;
    const schema =
      always && Array.isArray(type)
        ? { type: type[0], ...rest, ...(!notNull && { description: CHANGED }) }
        : value;
    const fixed = field === undefined || (!column.create && !column.update);
    return [name, fixed ? { ...schema, readOnly: true } : schema] as const;
  });
  return {
    type: 'object',
    ...(description && { description }),
    required: columns.map(({ name }) => name),
    properties: Object.fromEntries(properties),
  };
}

function bodySchema(resource: Resource, rules: Rules, purpose: Purpose): JsonSchema {
  const sent = resource.columns.flatMap((column) => {
    const type = purpose === 'create' ? column.create : column.update;
    return type ? [{ column, type }] : [];
  });
  const required = sent.filter(({ column }) => {
    if (purpose === 'change') return false;
    return column.notNull && !column.hasDefault;
  });
  return {
    type: 'object',
    ...(required.length > 0 && { required: required.map(({ column }) => column.name) }),
    properties: Object.fromEntries(
      sent.map(({ column, type }) => {
        const { type: kinds, ...rest } = columnSchema(column, schemaOf(type), rules);
        const bare = { type: Array.isArray(kinds) ? kinds[0] : kinds, ...rest };
        return [column.name, column.notNull ? bare : nullable(bare)];
      }),
    ),
    additionalProperties: false,
    ...(purpose === 'change' && { minProperties: 1 }),
  };
}

function columnSchema(column: Column, schema: JsonSchema, rules: Rules): JsonSchema {
  const { name, description } = column;
  const keywords = rules.get(name) ?? {};
  const example = exampleOf(column.type, name, keywords.maxLength);
  return {
    ...schema,
    ...keywords,
    ...(description && { description }),
    ...(example !== undefined && { examples: [example] }),
  };
}
