/** An HTTP response as somebody who waits: until it is sent, they may hang up. */
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
