/**
 * Starts the embedded PostgreSQL again when it ends without being asked to: killed by the system for its
 * memory, or by hand. Receives the running cluster and a way to start another on the same port, so that
 * every connection string stays true. It never starts one after stop().
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../errors.ts';
import type { RunningCluster } from './cluster.ts';

/** Between two attempts, in milliseconds; backends of the dead server need a moment to go. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

export interface KeptCluster {
  /** Resolves when it has ended for good. */
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
    let told = false;
    for (let pause = FIRST_PAUSE_MS; !stopping; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        cluster = await startAgain();
        return say('The embedded PostgreSQL is running again.');
      } catch (error) {
        if (!told && pause > 4 * FIRST_PAUSE_MS) {
          told = true;
          say(`It does not start yet, and is tried again: ${describeError(error)}`);
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
