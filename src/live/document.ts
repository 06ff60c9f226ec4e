/**
 * Turns a subscription into the query whose answers are its events: `taskChanged(since) { … }` becomes
 * `taskChanges(since, first) { nodes { … } cursor hasMore resync }`. So each event has the limits, the policies and
 * the error mask of a query. Takes a document that was accepted, returns the query's text, or what is wrong with the
 * request. Runs nothing.
 */
import {
  type DocumentNode,
  execute,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  visit,
} from 'postgraphile/graphql';

/** Changes of one query. More wait until these are sent. */
const PAGE = 50;

export interface Subscription {
  /** The key of the event's data. */
  readonly key: string;
  readonly query: string;
  /** A query for the present cursor. */
  readonly present: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The variable of both that takes the cursor. */
  readonly since: string;
  /** Undefined: from now on. */
  readonly from: string | undefined;
  /** The data of the event RESYNC. */
  readonly resync: (cursor: string) => unknown;
}

/** Undefined: the operation is no subscription. Throws a GraphQLError with code BAD_USER_INPUT. */
export function subscriptionOf(
  schema: GraphQLSchema,
  plain: () => GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  sent: Readonly<Record<string, unknown>>,
): Subscription | undefined {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== 'subscription') return undefined;
  const [field, ...others] = operation.selectionSet.selections;
  if (field?.kind !== Kind.FIELD || others.length > 0 || field.directives?.length)
    throw refused('A subscription has one field, without a fragment or directive around it.');
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], sent);
  if (errors) throw refused(errors[0]?.message ?? 'The variables are not valid.');
  const definition = schema.getSubscriptionType()?.getFields()[field.name.value];
  const pages = field.name.value.replace(/d$/, 's');
  const { selectionSet } = field;
  if (!definition || !selectionSet || !schema.getQueryType()?.getFields()[pages])
    throw refused('There is no such subscription.');
  const { since: from } = getArgumentValues(definition, field, coerced) as { since?: string };
  const { fragments, variables } = used(document, selectionSet);
  const since = free('since', variables);
  const declared = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    variables.has(variable.name.value),
  );
  const head = [...declared.map(print), `$${since}: Cursor`].join(', ');
  const key = field.alias?.value ?? field.name.value;
  return {
    key,
    query: [
      `query (${head}) { ${pages}(since: $${since}, first: ${PAGE}) {
        nodes ${print(selectionSet)} cursor hasMore resync } }`,
      ...fragments.map(print),
    ].join('\n'),
    present: `query ($${since}: Cursor) { ${pages}(since: $${since}, first: 0) { cursor } }`,
    variables: Object.fromEntries(Object.entries(sent).filter(([name]) => variables.has(name))),
    since,
    from: from ?? undefined,
    resync: (cursor) =>
      resyncData(plain(), document, operation, coerced, { cursor, pages: field.name.value }),
  };
}

/** The event as graphql-js answers it from plain values: aliases, fragments and directives as the client wrote. */
function resyncData(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variableValues: Record<string, unknown>,
  { cursor, pages }: { readonly cursor: string; readonly pages: string },
): unknown {
  const result = execute({
    schema,
    document: { ...document, definitions: [operation, ...document.definitions.filter(isFragment)] },
    variableValues,
    rootValue: { [pages]: { kind: 'RESYNC', id: null, cursor } },
  });
  return 'data' in result ? result.data : null;
}

const isFragment = (node: DocumentNode['definitions'][number]): node is FragmentDefinitionNode =>
  node.kind === Kind.FRAGMENT_DEFINITION;

/** The fragments and variables that a selection uses, also inside its fragments. */
function used(document: DocumentNode, selectionSet: SelectionSetNode) {
  const all = new Map(document.definitions.filter(isFragment).map((one) => [one.name.value, one]));
  const fragments = new Set<FragmentDefinitionNode>();
  const variables = new Set<string>();
  const visitor = {
    Variable: ({ name }: { name: { value: string } }) => void variables.add(name.value),
    FragmentSpread({ name }: { name: { value: string } }) {
      const fragment = all.get(name.value);
      if (!fragment || fragments.has(fragment)) return;
      fragments.add(fragment);
      visit(fragment, visitor);
    },
  };
  visit(selectionSet, visitor);
  return { fragments: [...fragments], variables };
}

/** A name that no variable has. */
function free(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? free(`${name}_`, taken) : name;
}

const refused = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
