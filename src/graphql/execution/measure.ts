/**
 * Takes a parsed document, returns how much it asks for. Fragments that spread fragments double the number
 * of fields at every level: a few hundred bytes can stand for millions of fields. Each fragment is measured
 * once and its size added wherever it is spread. Must never expand a document.
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
import { DEFAULT_PAGE_SIZE } from '../schema/pages.ts';

/** What one request asks for, in the places where it can be much. */
export interface Size {
  readonly depth: number;
  readonly selections: number;
  readonly rows: number;
  /** Fields with pages, each counted once wherever its parent stands. */
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
    // Validation refuses a fragment that spreads itself; here the recursion must only end.
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
    return together(sizes);
  };

  return together(
    document.definitions.map((node) =>
      node.kind === Kind.OPERATION_DEFINITION
        ? ofSelections(node.selectionSet, schema.getRootType(node.operation) ?? undefined)
        : NOTHING,
    ),
  );
}

const oneMore = (size: Size): Size => ({ ...size, selections: size.selections + 1 });

const together = (sizes: readonly Size[]): Size => ({
  depth: Math.max(0, ...sizes.map(({ depth }) => depth)),
  selections: sizes.reduce((sum, size) => sum + size.selections, 0),
  rows: sizes.reduce((sum, size) => sum + size.rows, 0),
  lists: sizes.reduce((sum, size) => sum + size.lists, 0),
});

/** What `first` or `last` says, or the most it could say where a variable decides. */
function pageSize(node: FieldNode, maxPageSize: number): number {
  const sizes = (node.arguments ?? [])
    .filter(({ name }) => name.value === 'first' || name.value === 'last')
    .map(({ value }) => (value.kind === Kind.INT ? Number(value.value) : maxPageSize));
  const size = sizes.length === 0 ? DEFAULT_PAGE_SIZE : Math.max(...sizes);
  return Math.min(Math.max(size, 0), maxPageSize);
}
