/**
 * Opens the port. Takes a server, resolves when it listens; rejects with an OperatorError, with its fix, for
 * a port or an address that cannot be used. Must never choose another port by itself.
 */
import type { Server } from 'node:http';
import { OperatorError } from '../errors.ts';

export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port)));
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new OperatorError(
        `Port ${port} on ${host} is in use by another program.`,
        `stop that program, or choose another port: PORT=${port === 65_535 ? 5679 : port + 1} npm start`,
        { cause },
      );
    case 'EACCES':
      return new OperatorError(
        `This user may not listen on port ${port}.`,
        'choose a port from 1024 upwards with PORT.',
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new OperatorError(
        `${host} is not an address of this machine.`,
        'set HOST to 127.0.0.1 (this machine only) or 0.0.0.0 (every network it is in).',
        { cause },
      );
    default:
      return cause;
  }
}
