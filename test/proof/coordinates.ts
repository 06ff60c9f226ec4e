/**
 * What the API serves, and what rows.ts has a row for. Takes the schema and the tables, returns a value for
 * each coordinate (https://spec.graphql.org/September2025/#sec-Schema-Coordinates) that takes one, null for
 * one that takes none. A coordinate that no row describes is not in the result.
 */
import {
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { filterLiteral } from './filter-literals.ts';
import { camel, find, ownerOf, type Relation } from './relations.ts';
import type { Column, Rows, ServedFunction } from './rows.ts';
import { mayInsert, mayUpdate } from './statements.ts';
import type { Literal, Target, Values } from './target.ts';
import { aimed, nextNumber, referred, textOf } from './world.ts';

const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

export interface Coordinate {
  readonly name: string;
  readonly type: GraphQLOutputType | GraphQLInputType;
  /** The type of an argument's field. */
  readonly of?: GraphQLOutputType;
}

/** Every field, argument, input field and enum value of the schema. */
export function coordinatesOf(schema: GraphQLSchema): Coordinate[] {
  const all: Coordinate[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    if (isEnumType(type))
      for (const { name } of type.getValues()) all.push({ name: `${type.name}.${name}`, type });
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields()))
        all.push({ name: `${type.name}.${field.name}`, type: field.type });
    if (isObjectType(type))
      for (const field of Object.values(type.getFields())) {
        const name = `${type.name}.${field.name}`;
        all.push({ name, type: field.type });
        for (const arg of field.args)
          all.push({ name: `${name}(${arg.name}:)`, type: arg.type, of: field.type });
      }
  }
  return all;
}

export function provedBy(
  schema: GraphQLSchema,
  relations: readonly Relation[],
  rows: Rows,
): Values {
  const types = new Map(relations.map((relation) => [relation.type, relation]));
  const lists = new Map(
    relations.flatMap((relation) =>
      relation.list ? [[upper(relation.list), relation] as const] : [],
    ),
  );
  const values = new Map<string, Literal | null>();
  for (const coordinate of coordinatesOf(schema)) {
    const { name } = coordinate;
    const [, parent = '', member = '', argument] = /^(\w+)\.(\w+)(?:\((\w+):\))?$/.exec(name) ?? [];
    const literal = argument
      ? ofArgument(`${parent}.${member}`, argument, coordinate)
      : ofMember(parent, member, coordinate);
    if (literal !== undefined) values.set(name, literal);
  }
  return values;

  /** The table whose rows a field gives, alone or in a page. */
  function rowOf(type: GraphQLOutputType | GraphQLInputType): Relation | undefined {
    const { name } = getNamedType(type);
    return types.get(name) ?? types.get(name.replace(/(Connection|Edge)$/, ''));
  }

  function ofMember(parent: string, member: string, { type, name }: Coordinate) {
    const served = functionOf(name);
    if (served) return null;
    if (parent === 'PageInfo') return null;
    if (parent === 'Query') return isRootField(member, type) || watched(type) ? null : undefined;
    if (watchedName(parent) || (parent === 'Subscription' && watched(type))) return null;
    if (parent === 'Mutation') return isMutation(member) ? null : undefined;
    const relation = types.get(parent);
    if (relation) return ofField(relation, member, type);
    const [, base = '', kind = ''] =
      /^(.*?)(Connection|Edge|OrderBy|Condition|Patch|Payload|Input)$/.exec(parent) ?? [];
    const table = types.get(base);
    if (kind === 'Connection' || kind === 'Edge' || kind === 'OrderBy') return table && null;
    if (kind === 'Condition') return table && filterLiteral(table, member, type, valueLiteral);
    if (kind === 'Payload') return isMutation(lower(base)) ? null : undefined;
    if (kind === 'Patch') return table && writable(table, member, mayUpdate);
    if (kind === 'Input' && table) return writable(table, member, mayInsert);
    if (kind === 'Input') return ofInput(base, member);
    // The values of an enum of the database.
    return isEnumType(type) ? null : undefined;
  }

  function isRootField(member: string, type: GraphQLOutputType | GraphQLInputType): boolean {
    const relation = rowOf(type);
    return relation !== undefined && [lower(relation.type), relation.list].includes(member);
  }

  /** The types of `taskChanges`. Their rows are those of the table. */
  function watchedName(name: string): boolean {
    const [, base = ''] = /^(.*)Changes?$/.exec(name) ?? [];
    return types.get(base)?.watched === true;
  }
  function watched(type: GraphQLOutputType | GraphQLInputType): boolean {
    return watchedName(getNamedType(type).name);
  }

  function isMutation(member: string): boolean {
    const [, type = ''] = /^(?:create|update|delete)(.*)$/.exec(member) ?? [];
    return (
      types.has(type) ||
      lists.has(type) ||
      rows.functions.some(({ mutation }) => mutation === member)
    );
  }

  /** A column, or a relation to rows that have their own row of data. */
  function ofField(relation: Relation, member: string, type: GraphQLOutputType | GraphQLInputType) {
    if (isObjectType(getNamedType(type)) && rowOf(type)) return null;
    return columnOf(relation, member) ? null : undefined;
  }

  function columnOf({ columns }: Relation, field: string): string | undefined {
    return Object.keys(columns).find((name) => camel(name) === field);
  }

  function writable(table: Relation, member: string, command: typeof mayInsert) {
    const column = columnOf(table, member);
    return column && command(table, column) ? valueLiteral(table, column) : undefined;
  }

  function ofInput(base: string, member: string): Literal | null | undefined {
    const served = rows.functions.find(({ mutation }) => mutation && upper(mutation) === base);
    if (served) return ofFunction(served, member);
    const [, verb, type = ''] = /^(Create|Update|Delete)(.*)$/.exec(base) ?? [];
    const table = types.get(type) ?? lists.get(type);
    if (!table) return undefined;
    if (member === (verb === 'Create' ? lower(type) : 'patch')) return null;
    if (member === 'ids' && lists.has(type)) return ({ key }: Target) => `[${key.id}]`;
    if (member === 'idempotencyKey')
      return ({ idempotencyKey }: Target) => JSON.stringify(idempotencyKey);
    if (member === 'expectedUpdatedAt') return ({ updatedAt }) => JSON.stringify(updatedAt);
    return verb === 'Create' ? undefined : keyLiteral(table, member);
  }

  function ofFunction({ input = {} }: ServedFunction, member: string): Literal | undefined {
    const text = input[member];
    if (text !== undefined) return ({ victim }) => aimed(text, victim, relations);
    return member === 'clientMutationId' ? () => '"any"' : undefined;
  }

  function functionOf(field: string): ServedFunction | undefined {
    return rows.functions.find((served) => served.field === field);
  }

  function ofArgument(field: string, argument: string, { type, of }: Coordinate) {
    const served = functionOf(field);
    if (served?.input?.[argument] !== undefined) return ofFunction(served, argument);
    if (argument === 'input') return null;
    // A cursor of changes is no cursor of the list; test/live tries it.
    if (of && watched(of)) return argument === 'first' ? () => '10' : null;
    const relation = of && rowOf(of);
    if (!relation || !of) return undefined;
    if (!getNamedType(of).name.endsWith('Connection')) return keyLiteral(relation, argument);
    if (argument === 'first' || argument === 'last') return () => '10';
    if (argument === 'after' || argument === 'before')
      // A function's list has another order than the table's list, whose cursor this is.
      return served ? null : ({ cursor }: Target) => JSON.stringify(cursor);
    return argument === 'orderBy' || argument === 'condition' || isEnumType(getNamedType(type))
      ? null
      : undefined;
  }

  /** A column of the primary key, which may hold the owner column. */
  function keyLiteral(relation: Relation, field: string): Literal | undefined {
    const column = columnOf(relation, field);
    if (column === ownerOf(relation) && !relation.key.includes(column)) return ownerId;
    if (!column || !relation.key.includes(column)) return undefined;
    const text = typeof columnOrReferred(relation, column)?.value === 'string';
    return ({ key }) => (text ? JSON.stringify(key[column]) : String(key[column]));
  }

  /** The column whose type this one has. */
  function columnOrReferred(relation: Relation, column: string): Column | undefined {
    const found = relation.columns[column];
    if (!found?.refers) return found;
    const parent = find(relations, found.refers);
    return parent.columns[parent.key[0] ?? ''];
  }

  function valueLiteral(relation: Relation, column: string, filter = false): Literal {
    const found = relation.columns[column] ?? {};
    if (filter && column === ownerOf(relation)) return ownerId;
    if (found.refers) {
      const text = typeof columnOrReferred(relation, column)?.value === 'string';
      return (target) => {
        const id = filter ? ofMiddleRow(target, column, found.refers) : undefined;
        const other = id ?? referred(relation, column, target.rows);
        return text ? JSON.stringify(other) : String(other);
      };
    }
    const { graphql, value } = found;
    if (graphql !== undefined) return ({ mark }) => textOf(graphql, mark, nextNumber());
    if (typeof value !== 'string') return () => JSON.stringify(value ?? null);
    // The middle row has the number 2.
    return ({ mark }) => JSON.stringify(textOf(value, mark, filter ? 2 : nextNumber()));
  }
}

const ownerId: Literal = ({ victim }) => victim.get('public."user"')?.[0]?.id ?? '0';

/** The reference of the row that the filter is to find: row n of a person refers to row n of another table. */
function ofMiddleRow({ key, victim }: Target, column: string, refers = ''): string | undefined {
  if (key[column] !== undefined) return key[column];
  const keys = victim.get(refers) ?? [];
  return Object.values(keys[1] ?? keys[0] ?? {})[0];
}
