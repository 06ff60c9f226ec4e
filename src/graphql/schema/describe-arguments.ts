/**
 * Descriptions of the arguments of SQL functions. SQL has no comments on arguments, so a function's comment has lines
 * `@param name text` for them. Takes the types of the finished schema and changes these descriptions only.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { GraphQLNamedType } from 'postgraphile/graphql';
import { isInputObjectType, isObjectType } from 'postgraphile/graphql';
import type { FunctionResource } from './functions.ts';

/** `Type.field` → the function that the field calls. */
export type Functions = ReadonlyMap<string, FunctionResource>;

export function describeArguments(
  types: Readonly<Record<string, GraphQLNamedType>>,
  build: GraphileBuild.Build,
  functions: Functions,
): void {
  for (const [place, resource] of functions) {
    const [typeName = '', fieldName = ''] = place.split('.');
    const type = types[typeName];
    const input = types[build.inflection.customMutationInput({ resource })];
    for (const line of [resource.extensions?.tags?.param ?? []].flat()) {
      const [, name, text] = /^(\S+)\s+(.*)$/.exec(String(line)) ?? [];
      const index = resource.parameters.findIndex((param) => param.name === name);
      const param = resource.parameters[index];
      if (!param) continue;
      const argument = build.inflection.argument({ param, resource, index });
      const args = isObjectType(type) ? type.getFields()[fieldName]?.args : undefined;
      const arg = args?.find((one) => one.name === argument);
      const field = isInputObjectType(input) ? input.getFields()[argument] : undefined;
      if (arg) arg.description = text;
      if (field) field.description = text;
    }
  }
}
