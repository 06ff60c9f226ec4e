/**
 * Pages of every connection: newest first, a default size, a maximum, no offset. Takes the maximum,
 * returns the plugin. A page must never be larger than that.
 */
import type {} from 'postgraphile';
import { constant, lambda, list, type Step } from 'postgraphile/grafast';
import { clientError } from '../client-error.ts';
import { pure } from './pure.ts';

/** Rows of a page without `first` and `last`. */
export const DEFAULT_PAGE_SIZE = 20;

/** The default order. Ids ascend in order of creation, so this is newest first. */
const NEWEST_FIRST = 'ID_DESC';

type Size = number | null | undefined;

/** The part of a connection's step that is used here. */
interface PagedStep extends Step {
  setFirst(first: Step): void;
  setLast(last: Step): void;
}

export function pagesPlugin(maxPageSize: number): GraphileConfig.Plugin {
  const checked = (name: string, size: number): number => {
    if (size < 0 || size > maxPageSize) {
      throw clientError('BAD_USER_INPUT', `${name} must be from 0 to ${maxPageSize}.`);
    }
    return size;
  };
  const first = pure(([f, l]: readonly [Size, Size]): number | null =>
    f == null ? (l == null ? Math.min(DEFAULT_PAGE_SIZE, maxPageSize) : null) : checked('first', f),
  );
  const last = pure((l: Size): number | null => (l == null ? null : checked('last', l)));

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
          return { ...arg, defaultValue: offered ? [offered.value] : undefined };
        },
        GraphQLObjectType_fields_field(field, _build, { scope }) {
          const { plan } = field;
          if (!scope.isPgFieldConnection || !plan) return field;
          return {
            ...field,
            plan($parent, fieldArgs, info) {
              const $connection = plan($parent, fieldArgs, info) as PagedStep;
              const $first = fieldArgs.getRaw('first');
              // The type is wrong: this is undefined for a field without `last`.
              const $last = fieldArgs.getRaw('last') as Step<Size> | undefined;
              $connection.setFirst(lambda(list([$first, $last ?? constant(null)]), first));
              if ($last) $connection.setLast(lambda($last, last));
              return $connection;
            },
          };
        },
      },
    },
  };
}
