/** Turns what PostgreSQL says when it does not start into one sentence and the way out. */
import { dirname } from 'node:path';
import { OperatorError } from '../errors.ts';
import { ClusterError, type ClusterPlace } from './place.ts';
import { firstClosedDirectory, type SystemUser } from './system-user.ts';

export async function explained<T>(place: ClusterPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ClusterError ? explain(place, error) : error;
  }
}

function explain(place: ClusterPlace, cause: ClusterError): OperatorError {
  const { user, directory, logFile } = place;
  const closed = user && firstClosedDirectory(dirname(directory), user);
  if (user && closed) return closedDirectoryError(closed, user, cause);
  const owner = user ? user.name : '"$(id -un)"';
  const cases: [RegExp, string, string][] = [
    [
      /permission denied|wrong ownership|invalid permissions|could not (access|change) directory/i,
      `PostgreSQL can not read its directory ${directory}.`,
      `give the files back to the user it runs as: chown -R ${owner} ${directory} && chmod 700 ${directory}`,
    ],
    [
      /lock file "postmaster\.pid" already exists/i,
      `Another PostgreSQL is using ${directory}.`,
      `stop it (its process id is the first line of ${directory}/postmaster.pid); nothing was changed.`,
    ],
    [
      /no space left on device/i,
      `The disk with ${directory} is full.`,
      'make room and start again; nothing is lost.',
    ],
    [
      /could not (bind|create any TCP\/IP)/i,
      'The port for the embedded PostgreSQL is in use.',
      'choose another one with EMBEDDED_PORT, or leave it unset for any free port.',
    ],
  ];
  const known = cases.find(([pattern]) => pattern.test(cause.output));
  if (known) return new OperatorError(known[1], known[2], { cause });
  return new OperatorError(
    `The embedded PostgreSQL did not start:\n${cause.output}`,
    `the whole log is in ${logFile}. To keep the data and start empty, move ${directory} away.`,
    { cause },
  );
}

export function closedDirectoryError(
  closed: string,
  user: SystemUser,
  cause?: unknown,
): OperatorError {
  return new OperatorError(
    `PostgreSQL must not run as root, so it runs as the user "${user.name}", who can not enter ${closed}.`,
    `let it pass with chmod o+x ${closed}, or move the checkout to a place everybody can enter, or run npm start as an ordinary user. Nothing was changed.`,
    { cause },
  );
}
