/**
 * Marks pure functions: same input, same result, for every person and at any time. The compiled executor
 * keeps a statement for later requests only if pure functions made it. Takes a function, returns it.
 * Never mark a function that reads anything but its arguments.
 */
const marked = new WeakSet<object>();

export function pure<F extends (value: never) => unknown>(of: F): F {
  marked.add(of);
  return of;
}

export const isPure = (of: object): boolean => marked.has(of);
