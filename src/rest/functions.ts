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

export interface Parameter {
  readonly name: string;
  readonly argument: string;
  readonly type: GraphQLInputType;
  readonly description: string | undefined;
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
  /** `value`: { "<result>": … }. `page`: rows, a page at a time. `nothing`: the function returns void. */
  readonly shape: 'nothing' | 'value' | 'row' | 'rows' | 'page';
  /** Of a mutation the field of the payload; of a query the name of a single value. */
  readonly result: string;
  /** Of the value, or of one row. */
  readonly type: GraphQLOutputType;
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

type Result = Pick<Callable, 'shape' | 'result' | 'type'>;

function resultOf(kind: Callable['kind'], type: GraphQLOutputType): Result | undefined {
  if (kind === 'query') return shapeOf('result', type);
  const payload = getNullableType(type);
  if (!isObjectType(payload)) return undefined;
  const fields = Object.values(payload.getFields());
  const result = fields.find(({ name }) => name !== 'clientMutationId' && name !== 'query');
  return result
    ? shapeOf(result.name, result.type)
    : { shape: 'nothing', result: '', type: GraphQLBoolean };
}

function shapeOf(result: string, type: GraphQLOutputType): Result | undefined {
  const bare = getNullableType(type);
  if (isLeafType(getNamedType(bare))) return { shape: 'value', result, type };
  if (isListType(bare)) return { shape: 'rows', result, type: getNamedType(bare) };
  if (!isObjectType(bare)) return undefined;
  const nodes = bare.getFields().nodes;
  return nodes
    ? { shape: 'page', result, type: getNamedType(nodes.type) }
    : { shape: 'row', result, type: bare };
}
