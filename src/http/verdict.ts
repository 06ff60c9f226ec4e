/**
 * A result that takes long and is asked for often: the doctor's, for the probes. Takes the work, returns its
 * newest result. Work begins only when somebody asks, at most one at a time, and goes on in the background.
 * Must never make a caller wait longer than it asked to, and never lose the last result because a later one
 * failed.
 */
export interface Kept<T> {
  /** The newest result, after at most `waitMs` milliseconds. undefined: there has never been one. */
  readonly newest: (waitMs: number) => Promise<T | undefined>;
}

/** A result serves for `keepMs` milliseconds. `failed` learns why there is no newer one. */
export function kept<T>(
  keepMs: number,
  work: () => Promise<T>,
  failed: (error: unknown) => void,
): Kept<T> {
  let last: { readonly result: T; readonly until: number } | undefined;
  let running: Promise<void> | undefined;

  const run = async () => {
    try {
      const result = await work();
      last = { result, until: Date.now() + keepMs };
    } catch (error) {
      failed(error);
    }
  };

  return {
    newest: async (waitMs) => {
      if (last && Date.now() < last.until) return last.result;
      running ??= run().finally(() => {
        running = undefined;
      });
      await within(waitMs, running);
      return last?.result;
    },
  };
}

/** Waits for `work`, at most `ms` milliseconds. Returns what it gave, or undefined. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
