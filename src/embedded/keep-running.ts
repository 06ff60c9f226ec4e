/**
 * Restarts the embedded PostgreSQL when it ends unexpectedly, such as by the kernel's OOM killer. Takes
 * the running cluster and a function that starts another on the same port, so that connection strings
 * stay valid. Never starts one after stop().
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../errors.ts';
import type { RunningCluster } from './cluster.ts';

/** Milliseconds between two attempts. Backends of the dead server need a moment to end. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

export interface KeptCluster {
  /** Resolves when PostgreSQL has ended for good. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export function keepRunning(
  first: RunningCluster,
  startAgain: () => Promise<RunningCluster>,
  say: (line: string) => void,
): KeptCluster {
  let cluster = first;
  let stopping = false;

  const untilStarted = async (): Promise<void> => {
    let reported = false;
    for (let pause = FIRST_PAUSE_MS; !stopping; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        cluster = await startAgain();
        return say('The embedded PostgreSQL is running again.');
      } catch (error) {
        if (!reported && pause > 4 * FIRST_PAUSE_MS) {
          reported = true;
          say(`The embedded PostgreSQL does not start yet; trying again. ${describeError(error)}`);
        }
        await sleep(pause);
      }
    }
  };

  const watch = async (): Promise<void> => {
    for (;;) {
      await cluster.ended;
      if (stopping) return;
      say('The embedded PostgreSQL has ended unexpectedly. Starting it again …');
      await untilStarted();
      if (stopping) return cluster.stop();
    }
  };

  const ended = watch();
  return {
    ended,
    stop: async () => {
      stopping = true;
      await cluster.stop();
      await ended;
    },
  };
}
