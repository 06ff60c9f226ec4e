/**
 * PostgreSQL's output after a failed start, as an OperatorError. Takes a ClusterError and the cluster's
 * place, returns one sentence and how to fix it. Changes nothing on the disk.
 */
import { dirname } from 'node:path';
import { OperatorError } from '../errors.ts';
import { ClusterError, type ClusterPlace } from './place.ts';
import { firstClosedDirectory, type SystemUser } from './system-user.ts';

export async function withStartErrors<T>(place: ClusterPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ClusterError ? startError(place, error) : error;
  }
}

function startError(place: ClusterPlace, cause: ClusterError): OperatorError {
  const { user, directory, logFile } = place;
  const closed = user && firstClosedDirectory(dirname(directory), user);
  if (user && closed) return closedDirectoryError(closed, user, cause);
  const owner = user ? user.name : '"$(id -un)"';
  const cases: [RegExp, string, string][] = [
    [
      /permission denied|wrong ownership|invalid permissions|could not (access|change) directory/i,
      `PostgreSQL cannot read its directory ${directory}.`,
      `give the files back to the user that PostgreSQL runs as: chown -R ${owner} ${directory} && chmod 700 ${directory}`,
    ],
    [
      /lock file "postmaster\.pid" already exists/i,
      `Another PostgreSQL is using ${directory}.`,
      `stop that server (its process id is the first line of ${directory}/postmaster.pid). Nothing was changed.`,
    ],
    [
      /no space left on device/i,
      `The disk with ${directory} is full.`,
      'free some space and start again. No data is lost.',
    ],
    [
      /could not (bind|create any TCP\/IP)/i,
      'The port for the embedded PostgreSQL is in use.',
      'set EMBEDDED_PORT to another port, or unset it to get any free port.',
    ],
  ];
  const known = cases.find(([pattern]) => pattern.test(cause.output));
  if (known) return new OperatorError(known[1], known[2], { cause });
  return new OperatorError(
    `The embedded PostgreSQL did not start:\n${cause.output}`,
    `read the whole log in ${logFile}. To start with an empty database, move ${directory} away; the data stays in it.`,
    { cause },
  );
}

export function closedDirectoryError(
  closed: string,
  user: SystemUser,
  cause?: unknown,
): OperatorError {
  return new OperatorError(
    `PostgreSQL must not run as root, so it runs as the user "${user.name}", who cannot enter ${closed}.`,
    `run chmod o+x ${closed}, or move the checkout to a directory that every user can enter, or run npm start as an ordinary user. Nothing was changed.`,
    { cause },
  );
}
