/**
 * Server-sent events of one GraphQL subscription, in the protocol of graphql-sse, distinct connections
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md). Takes a response, returns functions that write
 * to it. Must never hold more than one answer for a client that does not read.
 */
import type { Response } from 'express';

/** Milliseconds between two comments. Proxies end connections that are silent for half a minute. */
const HEARTBEAT_MS = 12_000;

export interface Events {
  /** Resolves when the client has taken what was written, or is gone. */
  next(result: unknown): Promise<void>;
  /** Ends the operation for good: the client does not subscribe again. */
  complete(): void;
  /** Ends the connection: the client subscribes again. */
  end(): void;
}

/** `unreadMs`: a client that takes nothing for so long is cut off. */
export function openEvents(response: Response, unreadMs: number): Events {
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache',
    // nginx would collect the events.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  response.write(':\n\n');
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(':\n\n');
  }, HEARTBEAT_MS);
  response.once('close', () => clearInterval(heartbeat));
  const drained = () =>
    new Promise<void>((resolve) => {
      const late = setTimeout(() => response.destroy(), unreadMs);
      const done = () => {
        clearTimeout(late);
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.once('drain', done);
      response.once('close', done);
    });
  return {
    async next(result) {
      if (response.destroyed) return;
      const text = `event: next\ndata: ${JSON.stringify(result)}\n\n`;
      if (!response.write(text)) await drained();
    },
    complete() {
      response.end('event: complete\ndata:\n\n');
    },
    end() {
      response.end();
    },
  };
}
