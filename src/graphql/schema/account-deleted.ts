/**
 * `deleteMe` tells this process at once that an account has ended, so that the very next request with
 * one of its tokens is refused. Other processes learn of it within seconds (src/accounts/deletions.ts).
 */
import type {} from 'postgraphile';
import { type ObjectStep, type Step, sideEffect } from 'postgraphile/grafast';

export function accountDeletedPlugin(accountDeleted: () => void): GraphileConfig.Plugin {
  return {
    name: 'AccountDeletedPlugin',
    version: '1.0.0',
    schema: {
      hooks: {
        GraphQLObjectType_fields_field(field, _build, { scope }) {
          const { plan } = field;
          if (!scope.isRootMutation || scope.fieldName !== 'deleteMe' || !plan) return field;
          return {
            ...field,
            plan($parent, fieldArgs, info) {
              const $payload = plan($parent, fieldArgs, info) as ObjectStep<{ result: Step }>;
              // Depends on the result, so it runs once the deletion is committed.
              sideEffect($payload.getStepForKey('result'), () => accountDeleted());
              return $payload;
            },
          };
        },
      },
    },
  };
}
