/**
 * SIGINT (Ctrl-C) and SIGTERM. The first signal stops everything in order; a later one ends the process
 * at once. Takes the stop function, returns whether a signal has arrived.
 */

/** npm passes Ctrl-C on, so one Ctrl-C arrives twice. A repeat within this time is ignored. */
const REPEAT_MS = 1000;

/** Calls `stop` on the first signal, then exits: 0 after a clean stop, 1 when `stop` rejects. */
export function onStopSignal(
  stop: () => Promise<void>,
  say: (line: string) => void,
): () => boolean {
  let since: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (since !== undefined) {
      if (Date.now() - since > REPEAT_MS) process.exit(signal === 'SIGINT' ? 130 : 143);
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
