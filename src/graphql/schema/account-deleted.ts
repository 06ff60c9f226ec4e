/**
 * Calls `accountDeleted` after `deleteMe`, so that this process refuses the next request of the account.
 * Takes that callback, returns the plugin. Other processes learn of the deletion within seconds
 * (src/accounts/deletions.ts).
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
              // A dependency of the result, so it runs after the deletion is committed.
              sideEffect($payload.getStepForKey('result'), () => accountDeleted());
              return $payload;
            },
          };
        },
      },
    },
  };
}
