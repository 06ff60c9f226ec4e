/**
 * Pages of every connection: newest first, a default size, a maximum, no offset. Takes the maximum,
 * returns the plugin. A page must never be larger than that.
 */
import type {} from 'postgraphile';
import type { PgSelectQueryBuilder, PgSelectStep } from 'postgraphile/@dataplan/pg';
import {
  type ConnectionStep,
  constant,
  type ExecutionDetails,
  lambda,
  list,
  operationPlan,
  SafeError,
  type Step,
} from 'postgraphile/grafast';
import type { GraphQLEnumValue } from 'postgraphile/graphql';
import { allowedPages } from './page-limit.ts';
import { pure } from './pure.ts';

/** Rows of a page without `first` and `last`. */
export const DEFAULT_PAGE_SIZE = 20;

/** The default order. Ids ascend in order of creation, so this is newest first. */
const NEWEST_FIRST = 'ID_DESC';

type Size = number | null | undefined;

/** Values of `first` and `last`, as a client sends them. */
type Sizes = readonly [first: Size, last: Size];

/** How `first` and `last` become the sizes of the statement, for one maximum. */
function sizesUpTo(maxPageSize: number) {
  const checked = (name: string, size: number): number => {
    if (size < 0 || size > maxPageSize) {
      throw new SafeError(`${name} must be from 0 to ${maxPageSize}.`, {
        code: 'BAD_USER_INPUT',
        field: name,
      });
    }
    return size;
  };
  // PostgreSQL is asked for one row instead of none, and only for `first` if both are set: pageOf() takes away
  // what is too much, and knows from it whether there are more rows.
  const first = pure(([f, l]: Sizes): number | null => {
    if (l != null) checked('last', l);
    if (f != null) return checked('first', f) || 1;
    return l == null ? Math.min(DEFAULT_PAGE_SIZE, maxPageSize) : null;
  });
  const last = pure(([f, l]: Sizes): number | null =>
    f == null && l != null ? checked('last', l) || 1 : null,
  );
  return { first, last };
}

export function pagesPlugin(maxPageSize: number): GraphileConfig.Plugin {
  const ofClients = sizesUpTo(maxPageSize);
  return {
    name: 'PagesPlugin',
    version: '1.0.0',
    after: ['PgFirstLastBeforeAfterArgsPlugin', 'PgConnectionArgOrderByDefaultValuePlugin'],
    schema: {
      hooks: {
        GraphQLObjectType_fields_field_args(args, build, { scope }) {
          if (!scope.isPgFieldConnection) return args;
          const { offset: _offset, first: f, last: l, ...rest } = args;
          if (!f) return args;
          const sizes = build.wrapDescription;
          return {
            // Both are applied in the field's plan: a default for `first` alone would break `last`.
            first: {
              ...f,
              applyPlan: undefined,
              description: sizes(
                `Only the first \`n\` rows. Default ${DEFAULT_PAGE_SIZE}, maximum ${maxPageSize}.`,
                'arg',
              ),
            },
            // A function that returns a set has no `last`.
            ...(l && {
              last: {
                ...l,
                applyPlan: undefined,
                description: sizes(`Only the last \`n\` rows. Maximum ${maxPageSize}.`, 'arg'),
              },
            }),
            ...rest,
          };
        },
        GraphQLObjectType_fields_field_args_arg(arg, build, { scope }) {
          if (scope.argName !== 'orderBy' || !scope.isPgFieldConnection) return arg;
          const type = build.graphql.getNamedType(arg.type);
          const offered = build.graphql.isEnumType(type) && type.getValue(NEWEST_FIRST);
          if (!offered) return { ...arg, defaultValue: undefined };
          const target = newestFirst(offered);
          return {
            ...arg,
            defaultValue: [offered.value],
            applyPlan(_$parent, $connection: { getSubplan(): PgSelectStep }, value) {
              value.apply($connection.getSubplan(), target);
            },
          };
        },
        GraphQLObjectType_fields_field(field, _build, { scope }) {
          const { plan } = field;
          if (!scope.isPgFieldConnection || !plan) return field;
          return {
            ...field,
            plan($parent, fieldArgs, info) {
              const $connection = plan($parent, fieldArgs, info) as ConnectionStep<never>;
              const $first = fieldArgs.getRaw('first');
              // The type is wrong: this is undefined for a field without `last`.
              const $last = fieldArgs.getRaw('last') as Step<Size> | undefined;
              const $sizes = list([$first, $last ?? constant(null)]);
              // A plan belongs to one operation, so this costs no request anything.
              const allowed = allowedPages(operationPlan().operation);
              const { first, last } = allowed === undefined ? ofClients : sizesUpTo(allowed);
              $connection.setFirst(lambda($sizes, first));
              if ($last) $connection.setLast(lambda($sizes, last));
              cutPages($connection, $sizes);
              return $connection;
            },
          };
        },
      },
    },
  };
}

/** `orderBy: null` and `orderBy: []` are the default order, as if `orderBy` were left out. */
const newestFirst =
  (value: GraphQLEnumValue) =>
  (query: PgSelectQueryBuilder, orders: readonly unknown[] | null): PgSelectQueryBuilder => {
    if (!orders?.length) value.extensions.grafast?.apply?.(query, { value, scope: undefined });
    return query;
  };

interface Page {
  readonly items: readonly unknown[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * The page of `first` and `last` (https://relay.dev/graphql/connections.htm#sec-Pagination-algorithm), from the rows
 * of `first`, or of `last` alone. PostGraphile says no to both flags where both are set, or one is 0.
 */
function pageOf(page: Page, [first, last]: Sizes): Page {
  const { items } = page;
  if (first === 0) return { ...page, items: [], hasNextPage: items.length > 0 };
  if (last == null || last >= items.length) return page;
  return { ...page, items: last === 0 ? [] : items.slice(-last), hasPreviousPage: true };
}

/** Puts pageOf() behind a connection's own result. */
function cutPages($connection: ConnectionStep<never>, $sizes: Step<Sizes>): void {
  // A protected method; the class offers no other way to read one more value.
  // biome-ignore lint/complexity/useLiteralKeys: TypeScript allows a protected member in this form only.
  const index = $connection['addUnaryDependency']($sizes);
  const execute = $connection.execute.bind($connection);
  const cut = (details: ExecutionDetails): readonly (Page | null)[] => {
    const sizes: Sizes = details.values[index]?.unaryValue();
    const pages = execute(details) as readonly (Page | null)[];
    return pages.map((page) => page && pageOf(page, sizes));
  };
  $connection.execute = cut as typeof execute;
}
