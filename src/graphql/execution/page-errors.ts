/**
 * The path of an error in the arguments of a page. The statement of `me.tasks` is part of the statement of `me`,
 * so a wrong cursor of `tasks` fails `me`, and grafast reports the path of `me`. Takes a masked error and its
 * operation, returns the error at the field that has the argument. Nulls spread from that field up to `me`
 * anyway, because pages are non-null. Must never change the path of another error.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'postgraphile/graphql';

export interface PageRequest {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode | null | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly maxPageSize: number;
}

/** A field with one of the arguments. */
interface Place {
  readonly node: FieldNode;
  /** Ends at the first list: which of its rows is meant is not known. */
  readonly path: readonly string[];
  readonly wrong: boolean;
}

export function atItsField(error: GraphQLError, request: PageRequest): GraphQLError {
  const check = checkOf(error, request);
  if (!check || !error.path) return error;
  const start = `${error.path.join()},`;
  const places = placesOf(request, check);
  const inside = places.filter(({ path }) => `${path.join()},`.startsWith(start));
  // Two aliases of `me` are one statement, and the error is reported at the first of them.
  const place = inside.find(({ wrong }) => wrong) ?? inside[0] ?? places.find(({ wrong }) => wrong);
  if (!place) return error;
  const { message, extensions } = error;
  return new GraphQLError(message, { nodes: place.node, path: place.path, extensions });
}

interface Check {
  readonly names: readonly string[];
  /** Whether this value causes the error for certain. */
  wrong(value: unknown): boolean;
}

function checkOf(
  { message, extensions }: GraphQLError,
  { maxPageSize }: PageRequest,
): Check | undefined {
  const { code, field } = extensions;
  if (code !== 'BAD_USER_INPUT') return undefined;
  if (field === 'first' || field === 'last') {
    return {
      names: [field],
      wrong: (size) => typeof size === 'number' && (size < 0 || size > maxPageSize),
    };
  }
  // PostGraphile's messages, which have no code.
  return /\bcursor\b/i.test(message)
    ? { names: ['after', 'before'], wrong: isNoCursor }
    : undefined;
}

function isNoCursor(value: unknown): boolean {
  try {
    return !Array.isArray(JSON.parse(Buffer.from(String(value), 'base64').toString('utf8')));
  } catch {
    return true;
  }
}

function placesOf({ schema, document, operation, variables }: PageRequest, check: Check): Place[] {
  const places: Place[] = [];
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const visitSet = (
    set: SelectionSetNode,
    type: GraphQLCompositeType,
    path: readonly string[],
    listed: boolean,
  ) => {
    for (const node of set.selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value);
        if (fragment) visitSet(fragment.selectionSet, type, path, listed);
      } else if (node.kind === Kind.INLINE_FRAGMENT)
        visitSet(node.selectionSet, type, path, listed);
      else visitField(node, type, path, listed);
    }
  };
  const visitField = (
    node: FieldNode,
    parent: GraphQLCompositeType,
    above: readonly string[],
    listed: boolean,
  ) => {
    const type = isObjectType(parent) && parent.getFields()[node.name.value]?.type;
    if (!type) return;
    const path = listed ? above : [...above, (node.alias ?? node.name).value];
    const values = (node.arguments ?? [])
      .filter(({ name }) => check.names.includes(name.value))
      .map(({ value }) => valueFromASTUntyped(value, variables))
      .filter((value) => value != null);
    if (values.length > 0) places.push({ node, path, wrong: values.some(check.wrong) });
    const named = getNamedType(type);
    if (node.selectionSet && isCompositeType(named)) {
      visitSet(node.selectionSet, named, path, listed || isListType(getNullableType(type)));
    }
  };
  const root = operation && schema.getRootType(operation.operation);
  if (operation && root) visitSet(operation.selectionSet, root, [], false);
  return places;
}
