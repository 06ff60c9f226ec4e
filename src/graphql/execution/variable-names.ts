/**
 * Takes documents and variables, returns them with the names of Object.prototype's members replaced.
 * graphql-js and grafast keep variables in plain objects, where `$toString` without a value would read the
 * inherited method. Must never change another name.
 */
import { type DocumentNode, visit } from 'postgraphile/graphql';

const isInherited = (name: string): boolean => name in Object.prototype;

/** Validation refuses a document that declares both `$toString` and its replacement. */
const replacement = (name: string): string => `own_${name}`;

export function replaceInheritedNames(document: DocumentNode): DocumentNode {
  return visit(document, {
    Variable(node) {
      const { name } = node;
      if (!isInherited(name.value)) return undefined;
      return { ...node, name: { ...name, value: replacement(name.value) } };
    },
  });
}

export function replaceInheritedKeys<T extends Readonly<Record<string, unknown>>>(
  variables: T | null | undefined,
): T | Record<string, unknown> | null | undefined {
  if (!variables || !Object.keys(variables).some(isInherited)) return variables;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      isInherited(name) ? replacement(name) : name,
      value,
    ]),
  );
}
