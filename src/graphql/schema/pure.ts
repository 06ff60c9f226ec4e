/**
 * Functions that make the same of the same, whoever asks and whenever: only what they have made may be
 * part of a statement that is remembered. To be said by whoever wrote the function.
 */
const said = new WeakSet<object>();

export function repeatable<F extends (value: never) => unknown>(of: F): F {
  said.add(of);
  return of;
}

export const isRepeatable = (of: object): boolean => said.has(of);
