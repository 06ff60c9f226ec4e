/**
 * Asks PostgreSQL to stop what a connection is running. Receives the connection; opens a second one for
 * the request, as the protocol wants it, and closes it. A pooler passes such a request on, while a
 * process id for pg_cancel_backend would be the pooler's own invention.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
import type { ClientBase } from 'pg';
import { openCancelWire } from './one-round-trip/driver.ts';

/** A database that does not even take the request is not waited for. */
const PATIENCE_MS = 1000;

/** Resolves when the request was taken, or can not be delivered. It never rejects. */
export function cancelStatement(client: ClientBase): Promise<void> {
  return new Promise((resolve) => {
    const wire = openCancelWire(client);
    const late = setTimeout(() => wire.stream.destroy(), PATIENCE_MS);
    wire.on('error', () => wire.stream.destroy());
    // PostgreSQL answers nothing: it closes the connection once it has passed the request on.
    wire.on('end', () => {
      clearTimeout(late);
      resolve();
    });
  });
}
