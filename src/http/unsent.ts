/**
 * Bounds the answers that wait in memory for their clients. Takes authenticated requests, lets `turns` of one
 * person run at a time, each until its answer is handed to the operating system; the rest wait, then get 503.
 * Must never make one person wait for another, or end a client that reads, however slowly.
 */
import type { RequestHandler } from 'express';
import { CallerGoneError } from '../database/request.ts';
import type { Turns } from '../database/turns.ts';
import { identityOf } from './authenticate.ts';
import { callerOfResponse } from './caller.ts';

/** Milliseconds in which the client has taken no byte of its answer. Node has no limit of its own for this. */
const UNREAD_MS = 30_000;

export function boundUnsent(turns: Turns, unreadMs = UNREAD_MS): RequestHandler {
  return (request, response, next) => {
    const { socket } = request;
    const sent = new Promise<void>((resolve) => response.once('close', resolve));
    // The whole answer is in the socket's buffer. Node destroys a socket at its timeout, and starts the timeout
    // again when bytes have left. After the answer Node sets the timeout between two requests.
    response.once('prefinish', () => {
      if (socket.writableLength > 0) socket.setTimeout(unreadMs);
    });
    const serve = (): Promise<void> => {
      next();
      return sent;
    };
    const person = String(identityOf(request).userId);
    turns.take(person, serve, callerOfResponse(response)).catch((error) => {
      if (!(error instanceof CallerGoneError)) next(error);
    });
  };
}
