/**
 * Variables with a default value that a client sets to null. `query ($id: Int = 1) { task(id: $id) { id } }` is
 * valid, and null for `$id` is not (https://spec.graphql.org/October2021/#sec-All-Variable-Usages-are-Allowed),
 * but grafast fails while it plans. Takes a validated document, returns the names; takes variables, returns the
 * error for the client. Must never refuse a variable that was left out: it has its default.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'postgraphile/graphql';

const NONE: ReadonlySet<string> = new Set();

/** Names of the variables that may be null by their type, and are used where null is not allowed. */
export function requiredVariables(
  document: DocumentNode,
  schema: GraphQLSchema,
): ReadonlySet<string> {
  const some = document.definitions.some(
    (node) => node.kind === Kind.OPERATION_DEFINITION && definitionsOf(node).some(isOptional),
  );
  if (!some) return NONE;
  const required = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      // Its own `$id: Int = 1` is no use.
      VariableDefinition: () => false,
      Variable(node) {
        if (isNonNullType(types.getInputType())) required.add(node.name.value);
      },
    }),
  );
  return required;
}

/** `names`: requiredVariables of the document that holds `operation`. */
export function nullWhereRequired(
  names: ReadonlySet<string>,
  operation: OperationDefinitionNode | null | undefined,
  variables: unknown,
): GraphQLError | undefined {
  if (names.size === 0 || !operation || !isObject(variables)) return undefined;
  const node = definitionsOf(operation).find(({ variable: { name }, ...rest }) => {
    return names.has(name.value) && isOptional(rest) && variables[name.value] === null;
  });
  if (!node) return undefined;
  return new GraphQLError(
    `Variable "$${node.variable.name.value}" must not be null here. Leave it out to use its default value.`,
    { nodes: node, extensions: { code: 'BAD_USER_INPUT' } },
  );
}

const definitionsOf = ({
  variableDefinitions,
}: OperationDefinitionNode): readonly VariableDefinitionNode[] => variableDefinitions ?? [];

const isOptional = ({
  type,
  defaultValue,
}: Pick<VariableDefinitionNode, 'type' | 'defaultValue'>): boolean =>
  defaultValue !== undefined && type.kind !== Kind.NON_NULL_TYPE;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
