/**
 * REST has the names of the database, GraphQL its own. Takes a name of the GraphQL schema, returns it as SQL writes
 * names: createdSince → created_since. Must never be used for a column whose own name is known.
 */
export const snakeCase = (name: string): string =>
  name.replace(/(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])/g, '_$&').toLowerCase();

/** clear_completed_tasks → ClearCompletedTasks: part of the name of an operation. */
export const pascalCase = (name: string): string =>
  name.replace(/(?:^|_+)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
