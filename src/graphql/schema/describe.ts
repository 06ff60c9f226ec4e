/**
 * Descriptions in the schema. Tables, columns and functions have theirs from COMMENT in the database;
 * words.ts has the rest. Takes the finished schema and changes its descriptions only.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type {
  GraphQLInputObjectType,
  GraphQLNamedType,
  GraphQLObjectType,
} from 'postgraphile/graphql';
import { isInputObjectType, isIntrospectionType, isObjectType } from 'postgraphile/graphql';
import { describeArguments, type Functions } from './describe-arguments.ts';
import { type FunctionResource, fieldsOf, functionsOf } from './functions.ts';
import { FIELDS, INPUTS, TYPES } from './words.ts';

export const DescribePlugin: GraphileConfig.Plugin = {
  name: 'DescribePlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      finalize(schema, build) {
        const rows = new Map<string, string>();
        const lists = new Map<string, string>();
        const owned = new Set<string>();
        for (const resource of Object.values(build.pgResources)) {
          if (!resource.codec.attributes || resource.parameters) continue;
          const name = build.inflection.tableType(resource.codec);
          const noun = name.replace(/(?<=.)([A-Z])/g, ' $1').toLowerCase();
          rows.set(name, noun);
          const list = build.inflection.allRowsConnection(resource);
          lists.set(list.charAt(0).toUpperCase() + list.slice(1), noun);
          const { attributes, extensions } = resource.codec;
          if (extensions?.tags?.owner || 'user_id' in attributes) owned.add(noun);
        }
        const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
        const inputs = new Set(
          mutations.flatMap(({ args }) => args.map(({ type }) => String(type).replace('!', ''))),
        );
        const plural = (noun: string) => build.inflection.pluralize(noun);
        const functions = new Map<string, FunctionResource>();
        for (const resource of functionsOf(build)) {
          for (const [type, field] of fieldsOf(build, resource))
            functions.set(`${type}.${field}`, resource);
        }
        for (const type of Object.values(schema.getTypeMap())) {
          if (isIntrospectionType(type)) continue;
          describeType(type, rows, plural);
          if (isObjectType(type)) describeFields(type, { rows, lists, owned, plural, functions });
          if (isInputObjectType(type)) describeInputs(type, inputs.has(type.name));
        }
        describeArguments(schema.getTypeMap(), build, functions);
        return schema;
      },
    },
  },
};

/** Name of a type → its noun: TaskList → task list. */
type Rows = ReadonlyMap<string, string>;

interface Words {
  readonly rows: Rows;
  /** Name of a list → the noun of its rows: TaskLists → task list. */
  readonly lists: Rows;
  /** Nouns of tables whose every row is the person's own. */
  readonly owned: ReadonlySet<string>;
  readonly plural: (noun: string) => string;
  readonly functions: Functions;
}

/** "TaskConnection" → ["task", "Connection"], if there is a table task. Of two tables the longer name counts. */
function split(name: string, rows: Rows): [row: string, rest: string] | undefined {
  const [type] = [...rows.keys()]
    .filter((row) => name.startsWith(row))
    .sort((a, b) => b.length - a.length);
  return type === undefined ? undefined : [rows.get(type) ?? type, name.slice(type.length)];
}

function describeType(type: GraphQLNamedType, rows: Rows, plural: (noun: string) => string): void {
  const fixed = TYPES[type.name];
  if (fixed) type.description = fixed;
  const mutation = /^(.*)(Input|Payload)$/.exec(type.name);
  const [row, rest] = split(type.name, rows) ?? [];
  if (row && rest === 'Connection') type.description = `A page of ${plural(row)}.`;
  else if (row && rest === 'Edge') type.description = `A ${row} and its cursor.`;
  else if (row && rest === 'Condition')
    type.description = `Filters for ${plural(row)}. Conditions are combined with AND; null is ignored.`;
  else if (row && rest === 'OrderBy') type.description = `Sort orders of ${plural(row)}.`;
  else if (row && rest === 'Input') type.description = `A new ${row}.`;
  else if (row && rest === 'Patch')
    type.description = `Changes to a ${row}. Absent fields keep their value; null clears a field.`;
  else if (mutation?.[1]) {
    const field = mutation[1].charAt(0).toLowerCase() + mutation[1].slice(1);
    type.description = mutation[2] === 'Input' ? `Input of ${field}.` : `Result of ${field}.`;
  }
}

function describeFields(
  type: GraphQLObjectType,
  { rows, lists, owned, plural, functions }: Words,
): void {
  for (const field of Object.values(type.getFields())) {
    // The comment of a function describes its field.
    if (functions.get(`${type.name}.${field.name}`)?.description) {
      for (const arg of field.args) arg.description = FIELDS[arg.name] ?? arg.description;
      continue;
    }
    // The comment of a column describes its field, even if the name is in FIELDS.
    if (!rows.has(type.name)) field.description = FIELDS[field.name] ?? field.description;
    for (const arg of field.args) {
      arg.description = FIELDS[arg.name] ?? arg.description;
      if (arg.name === 'id') arg.description = 'The id.';
    }
    const [, verb, made = ''] = /^(create|update|delete)(.*)$/.exec(field.name) ?? [];
    const row = rows.get(made);
    if (type.name === 'Mutation' && row) {
      field.description = {
        create: `Creates a ${row}.`,
        update: `Changes the fields of a ${row} that the patch contains.`,
        delete: `Deletes a ${row} and returns it.`,
      }[verb ?? ''];
      continue;
    }
    const several = lists.get(made);
    if (type.name === 'Mutation' && several) {
      field.description = {
        create: `Creates ${plural(several)}: all of them or none.`,
        update: `Changes the fields that the patch contains, of all these ${plural(several)} or of none.`,
        delete: `Deletes these ${plural(several)}: all of them or none.`,
      }[verb ?? ''];
      continue;
    }
    const named = String(field.type).replace(/[[\]!]/g, '');
    const [target, rest] = split(named, rows) ?? [];
    if (!target) continue;
    if (rest === 'Connection') {
      const newestFirst = field.args.some(({ defaultValue }) => defaultValue !== undefined);
      const pages = `${plural(target)} in pages${newestFirst ? ', newest first by default' : ''}.`;
      field.description = owned.has(target)
        ? `Your ${pages}`
        : pages.charAt(0).toUpperCase() + pages.slice(1);
    } else if (type.name.endsWith('Payload') && String(field.type).startsWith('[')) {
      const bulk = /^(Create|Update)(.*)Payload$/.exec(type.name)?.[2];
      field.description = lists.has(bulk ?? '')
        ? `The ${plural(target)} after the change, in the order of the input.`
        : `The changed or deleted ${plural(target)}, at most a page; ids has all.`;
    } else if (type.name.endsWith('Payload')) {
      field.description = type.name.startsWith('Delete')
        ? `The deleted ${target}.`
        : `The ${target} after the change.`;
    } else if (type.name === 'Query' && field.args.length > 0) {
      field.description = `The ${target} with this id, or null.`;
    } else if (rows.has(type.name)) {
      field.description = `The ${target} that this row belongs to.`;
    }
  }
}

function describeInputs(type: GraphQLInputObjectType, mutation: boolean): void {
  const made = /^Create(.*)Input$/.exec(type.name)?.[1];
  for (const field of Object.values(type.getFields())) {
    if (mutation) field.description = INPUTS[field.name] ?? field.description;
    if (made && field.type.toString() === `${made}Input!`)
      field.description = 'The values of the new row.';
    if (mutation && /^\[\w+Input!\]!$/.test(field.type.toString()))
      field.description = 'The values of the new rows, in this order.';
  }
}
