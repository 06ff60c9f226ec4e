/**
 * The SQL functions that REST can call. Takes the schema and the functions it serves, returns how each is called
 * and what its answer is. A function whose answer is not a value, a row or rows of plain values is left out.
 */
import {
  type GraphQLArgument,
  GraphQLBoolean,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
} from 'postgraphile/graphql';
import type { ServedFunction } from '../graphql/schema/served.ts';
import { snakeCase } from './names.ts';

export interface Parameter {
  readonly name: string;
  readonly argument: string;
  readonly type: GraphQLInputType;
  readonly description: string | undefined;
}

export interface PlainField {
  readonly field: string;
  /** In REST. */
  readonly name: string;
  readonly type: GraphQLOutputType;
}

export interface Callable {
  /** In SQL. */
  readonly name: string;
  readonly kind: 'query' | 'mutation';
  readonly field: string;
  readonly description: string | undefined;
  /** Name of the input's type, of a mutation. */
  readonly input: string | undefined;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** `value`: an object with plain values. `page`: rows, a page at a time. `nothing`: the function returns void. */
  readonly shape: 'nothing' | 'value' | 'row' | 'rows' | 'page';
  /** The field of a mutation's payload that has the row or the rows. */
  readonly result: string;
  /** Of one row; of a query's value. */
  readonly type: GraphQLOutputType;
  /** The plain fields of a row, or of a mutation's payload that is no row. */
  readonly values: readonly PlainField[];
}

export const callablesOf = (
  schema: GraphQLSchema,
  functions: readonly ServedFunction[],
): Callable[] =>
  functions.flatMap((one) => {
    const type = one.kind === 'query' ? schema.getQueryType() : schema.getMutationType();
    const field = type?.getFields()[one.field];
    if (!field) return [];
    const input = getNamedType(field.args.find(({ name }) => name === 'input')?.type);
    const ofInput = one.kind === 'mutation' && isInputObjectType(input) ? input : undefined;
    const result = resultOf(one.kind, field.type);
    if (!result) return [];
    const known: readonly (GraphQLArgument | GraphQLInputField)[] = ofInput
      ? Object.values(ofInput.getFields())
      : field.args;
    const parameters = [...one.parameters].flatMap(([name, argument]): [string, Parameter][] => {
      const arg = known.find((member) => member.name === argument);
      if (!arg) return [];
      return [
        [name, { name, argument, type: arg.type, description: arg.description ?? undefined }],
      ];
    });
    const { name, kind } = one;
    return {
      name,
      kind,
      field: one.field,
      description: field.description ?? undefined,
      input: ofInput?.name,
      parameters: new Map(parameters),
      ...result,
    };
  });

type Result = Pick<Callable, 'shape' | 'result' | 'type' | 'values'>;

function resultOf(kind: Callable['kind'], type: GraphQLOutputType): Result | undefined {
  if (kind === 'query') return shapeOf('result', type);
  const payload = getNullableType(type);
  if (!isObjectType(payload)) return undefined;
  const fields = Object.values(payload.getFields()).filter(
    ({ name }) => name !== 'clientMutationId' && name !== 'query',
  );
  const [only, ...others] = fields;
  if (!only) return { shape: 'nothing', result: '', type: GraphQLBoolean, values: [] };
  if (others.length === 0 && !isLeafType(getNamedType(only.type))) {
    return shapeOf(only.name, only.type);
  }
  // Rows beside a number are only a part of those that were changed.
  const values = plainFields(payload);
  return values.length > 0 ? { shape: 'value', result: '', type: payload, values } : undefined;
}

function shapeOf(result: string, type: GraphQLOutputType): Result | undefined {
  const bare = getNullableType(type);
  const named = getNamedType(bare);
  if (isLeafType(named)) {
    return { shape: 'value', result, type, values: [{ field: result, name: result, type }] };
  }
  const values = plainFields(named);
  if (isListType(bare)) return { shape: 'rows', result, type: named, values };
  if (!isObjectType(bare)) return undefined;
  const nodes = bare.getFields().nodes;
  if (!nodes) return { shape: 'row', result, type: bare, values };
  const row = getNamedType(nodes.type);
  return { shape: 'page', result, type: row, values: plainFields(row) };
}

/** The plain fields of a type, with the names that REST gives them. */
const plainFields = (type: GraphQLOutputType): PlainField[] =>
  isObjectType(type)
    ? Object.values(type.getFields())
        .filter((field) => field.args.length === 0 && isLeafType(getNamedType(field.type)))
        .map((field) => ({ field: field.name, name: snakeCase(field.name), type: field.type }))
    : [];
