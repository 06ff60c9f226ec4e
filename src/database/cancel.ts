/**
 * Asks PostgreSQL to cancel the running statement of a connection. Opens a second connection for the
 * CancelRequest, as the protocol requires, and closes it. pg_cancel_backend() would not work behind a pooler,
 * which makes up the process ids that clients see.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
import type { ClientBase } from 'pg';
import { openCancelWire } from './one-round-trip/driver.ts';

/** Milliseconds after which a database that does not take the request is given up. */
const PATIENCE_MS = 1000;

/** Resolves when the request was taken or could not be delivered. Never rejects. */
export function cancelStatement(client: ClientBase): Promise<void> {
  return new Promise((resolve) => {
    const wire = openCancelWire(client);
    const late = setTimeout(() => wire.stream.destroy(), PATIENCE_MS);
    wire.on('error', () => wire.stream.destroy());
    // PostgreSQL sends no reply. It closes the connection once the request is handled.
    wire.on('end', () => {
      clearTimeout(late);
      resolve();
    });
  });
}
