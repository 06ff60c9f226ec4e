/**
 * Turns the 'close' of an unsent HTTP response into cancellation. Takes a response, returns its Caller. Must
 * never cancel after the answer was sent.
 */
import type { ServerResponse } from 'node:http';
import { Caller } from '../database/request.ts';

/** The callers of each open response: one listener for all of them. */
const callers = new WeakMap<ServerResponse, Set<Caller>>();

export function callerOfResponse(response: ServerResponse): Caller {
  const caller = new Caller();
  if (response.closed) {
    caller.hangUp();
    return caller;
  }
  let known = callers.get(response);
  if (!known) {
    const all = new Set<Caller>();
    known = all;
    callers.set(response, all);
    response.once('close', () => {
      if (!response.writableFinished) for (const one of all) one.hangUp();
    });
  }
  known.add(caller);
  return caller;
}

/** For a response that outlives its operations: those that ran are forgotten. */
export const forgetCallers = (response: ServerResponse): void => callers.get(response)?.clear();
