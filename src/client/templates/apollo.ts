/**
 * Options for Apollo Client: `typePolicies` for `InMemoryCache`, `defaultOptions` for `ApolloClient`. `fetchMore`
 * with `after` or `before` adds a page to its list. After a mutation the queries on the screen are fetched again, a
 * list from its first page on. A query that comes back to the screen is fetched again too.
 */
import { KEYLESS, PAGES } from './schema.ts';

export const defaultOptions = {
  watchQuery: { fetchPolicy: 'cache-and-network' },
  mutate: { refetchQueries: 'active' },
} as const;

type Args = Readonly<Record<string, unknown>> | null;

/** A page as the cache stores it: only the fields that the query asks for. */
interface Page {
  readonly nodes?: readonly unknown[];
  readonly edges?: readonly { readonly cursor?: string }[];
  readonly pageInfo?: {
    readonly startCursor?: string | null;
    readonly endCursor?: string | null;
    readonly hasNextPage?: boolean;
    readonly hasPreviousPage?: boolean;
  };
}

/** The pages of one list in order. A new page replaces the list unless it continues it at one end. */
interface Stored {
  readonly pages: readonly Page[];
}

const startOf = (page?: Page) => page?.pageInfo?.startCursor ?? page?.edges?.[0]?.cursor;
const endOf = (page?: Page) => page?.pageInfo?.endCursor ?? page?.edges?.at(-1)?.cursor;

const list = {
  /** Lists that differ in one of these arguments are kept apart. */
  keyArgs: ['condition', 'orderBy', 'first', 'last'],
  merge(existing: Stored | undefined, incoming: Page, { args }: { args: Args }): Stored {
    const pages = existing?.pages ?? [];
    if (args?.after != null) {
      // The same page may arrive twice, for two events of one scroll.
      const before = pages.findIndex((page) => endOf(page) === args.after);
      if (before !== -1) return { pages: [...pages.slice(0, before + 1), incoming] };
    } else if (args?.before != null) {
      const after = pages.findIndex((page) => startOf(page) === args.before);
      if (after !== -1) return { pages: [incoming, ...pages.slice(after)] };
    }
    return { pages: [incoming] };
  },
  read(existing: Stored | undefined): Page | undefined {
    const pages = existing?.pages ?? [];
    const [first] = pages;
    const last = pages.at(-1);
    if (!first || !last || pages.length === 1) return first;
    return {
      ...last,
      ...(last.nodes && { nodes: pages.flatMap(({ nodes = [] }) => nodes) }),
      ...(last.edges && { edges: pages.flatMap(({ edges = [] }) => edges) }),
      ...(last.pageInfo && {
        pageInfo: {
          ...last.pageInfo,
          ...pick(first.pageInfo, 'startCursor'),
          ...pick(first.pageInfo, 'hasPreviousPage'),
        },
      }),
    };
  },
};

/** Without the field if the query did not ask for it. */
const pick = <T extends object, K extends keyof T>(from: T | undefined, key: K) =>
  from && key in from ? { [key]: from[key] } : {};

const lists = Object.entries(PAGES).map(
  ([type, fields]) =>
    [type, { fields: Object.fromEntries(fields.map((field) => [field, list])) }] as const,
);

const embedded = KEYLESS.map((type) => [type, { keyFields: false }] as const);

export const typePolicies = Object.fromEntries<{
  readonly keyFields?: false;
  readonly fields?: Readonly<Record<string, typeof list>>;
}>([...embedded, ...lists]);
