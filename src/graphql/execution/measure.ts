/**
 * Takes a parsed document, returns its size: depth, fields, rows, lists. Fragments that spread fragments can
 * double the number of fields at every level, so a few hundred bytes can mean millions of fields. Each
 * fragment is therefore measured once, and its size is added at each spread. Must never expand a document.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'postgraphile/graphql';
import { manyOf } from '../schema/many-rows.ts';
import { DEFAULT_PAGE_SIZE } from '../schema/pages.ts';

/** The size of one document. */
export interface Size {
  readonly depth: number;
  readonly selections: number;
  readonly rows: number;
  /** Fields that return pages. Nesting does not multiply them. */
  readonly lists: number;
}

const NOTHING: Size = { depth: 0, selections: 0, rows: 0, lists: 0 };
const ONE: Size = { depth: 1, selections: 1, rows: 0, lists: 0 };

export function measure(document: DocumentNode, schema: GraphQLSchema, maxPageSize: number): Size {
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const known = new Map<string, Size>();

  const ofFragment = (name: string): Size => {
    const before = known.get(name);
    if (before) return before;
    const node = fragments.get(name);
    // Validation refuses a fragment that spreads itself, later. This entry ends the recursion.
    known.set(name, NOTHING);
    const size = node
      ? ofSelections(node.selectionSet, schema.getType(node.typeCondition.name.value))
      : NOTHING;
    known.set(name, size);
    return size;
  };

  const ofField = (node: FieldNode, parent: GraphQLNamedType | undefined): Size => {
    // GraphiQL's introspection is large. In production validation refuses introspection.
    if (!node.selectionSet || node.name.value.startsWith('__')) return ONE;
    const fields = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields() : {};
    const field = fields[node.name.value];
    const inner = ofSelections(node.selectionSet, field && getNamedType(field.type));
    const { rows: most = 0 } = manyOf(field);
    if (most > 0) {
      const rows = most * (1 + inner.rows);
      return { ...inner, depth: 1 + inner.depth, selections: 1 + inner.selections, rows };
    }
    const isPage = field?.args.some(({ name }) => name === 'first') ?? false;
    return {
      depth: 1 + inner.depth,
      selections: 1 + inner.selections,
      rows: isPage ? pageSize(node, maxPageSize) * (1 + inner.rows) : inner.rows,
      lists: inner.lists + (isPage ? 1 : 0),
    };
  };

  const ofSelections = (
    { selections }: SelectionSetNode,
    type: GraphQLNamedType | undefined,
  ): Size => {
    const sizes = selections.map((node) => {
      if (node.kind === Kind.FIELD) return ofField(node, type);
      if (node.kind === Kind.FRAGMENT_SPREAD) return oneMore(ofFragment(node.name.value));
      const condition = node.typeCondition && schema.getType(node.typeCondition.name.value);
      return oneMore(ofSelections(node.selectionSet, condition ?? type));
    });
    return sum(sizes);
  };

  return sum(
    document.definitions.map((node) =>
      node.kind === Kind.OPERATION_DEFINITION
        ? ofSelections(node.selectionSet, schema.getRootType(node.operation) ?? undefined)
        : NOTHING,
    ),
  );
}

const oneMore = (size: Size): Size => ({ ...size, selections: size.selections + 1 });

const sum = (sizes: readonly Size[]): Size => ({
  depth: Math.max(0, ...sizes.map(({ depth }) => depth)),
  selections: sizes.reduce((total, size) => total + size.selections, 0),
  rows: sizes.reduce((total, size) => total + size.rows, 0),
  lists: sizes.reduce((total, size) => total + size.lists, 0),
});

/** `first` or `last`. A page size in a variable counts as the largest allowed one. */
function pageSize(node: FieldNode, maxPageSize: number): number {
  const sizes = (node.arguments ?? [])
    .filter(({ name }) => name.value === 'first' || name.value === 'last')
    .map(({ value }) => (value.kind === Kind.INT ? Number(value.value) : maxPageSize));
  const size = sizes.length === 0 ? DEFAULT_PAGE_SIZE : Math.max(...sizes);
  return Math.min(Math.max(size, 0), maxPageSize);
}
