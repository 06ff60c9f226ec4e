/**
 * Turns the 'close' of an unsent HTTP response into cancellation. Takes a response, returns its Caller. Must
 * never cancel after the answer was sent.
 */
import type { ServerResponse } from 'node:http';
import { Caller } from '../database/request.ts';

export function callerOfResponse(response: ServerResponse): Caller {
  const caller = new Caller();
  if (response.closed) caller.hangUp();
  else
    response.once('close', () => {
      if (!response.writableFinished) caller.hangUp();
    });
  return caller;
}
