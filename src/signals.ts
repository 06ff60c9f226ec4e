/** Ctrl-C and SIGTERM: the first asks everything to stop, a later one leaves at once. */

/**
 * One Ctrl-C through npm reaches us twice, once from the terminal and once from npm; what comes within
 * this time of the first is the same wish.
 */
const SAME_WISH_MS = 1000;

/** Calls `stop` on the first signal and then ends the process with 0. Returns whether one has come. */
export function onStopSignal(
  stop: () => Promise<void>,
  say: (line: string) => void,
): () => boolean {
  let since: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (since !== undefined) {
      if (Date.now() - since > SAME_WISH_MS) process.exit(signal === 'SIGINT' ? 130 : 143);
      return;
    }
    since = Date.now();
    say('Stopping …');
    stop().then(
      () => {
        say('Stopped.');
        process.exit(0);
      },
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => since !== undefined;
}
