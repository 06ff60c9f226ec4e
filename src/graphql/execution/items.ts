/**
 * Counts the rows that a mutation of many rows is to write. Takes the operation and its variables, as they were
 * sent; returns the sum over its fields. Must never throw: nothing was validated but the document.
 */
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'postgraphile/graphql';
import { manyOf } from '../schema/many-rows.ts';

type Variables = Readonly<Record<string, unknown>>;

export function itemsToWrite(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode | null | undefined,
  variables: Variables | null | undefined,
): number {
  if (operation?.operation !== 'mutation') return 0;
  const fields = schema.getMutationType()?.getFields() ?? {};
  const ofSelections = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, node) => {
      if (node.kind === Kind.INLINE_FRAGMENT) return sum + ofSelections(node.selectionSet);
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = document.definitions.find(
          (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === node.name.value,
        );
        return fragment && 'selectionSet' in fragment
          ? sum + ofSelections(fragment.selectionSet)
          : sum;
      }
      const { items } = manyOf(fields[node.name.value]);
      const input = node.arguments?.find(({ name }) => name.value === 'input')?.value;
      return items && input ? sum + lengthOf(input, items, variables ?? {}) : sum;
    }, 0);
  return ofSelections(operation.selectionSet);
}

function lengthOf(input: ValueNode, items: string, variables: Variables): number {
  if (input.kind === Kind.VARIABLE) {
    const value = variables[input.name.value];
    return typeof value === 'object' && value !== null ? entries(Reflect.get(value, items)) : 0;
  }
  if (input.kind !== Kind.OBJECT) return 0;
  const list = input.fields.find(({ name }) => name.value === items)?.value;
  if (list?.kind === Kind.VARIABLE) return entries(variables[list.name.value]);
  return list?.kind === Kind.LIST ? list.values.length : 1;
}

/** GraphQL takes one value for a list of one. */
const entries = (value: unknown): number => (Array.isArray(value) ? value.length : 1);
