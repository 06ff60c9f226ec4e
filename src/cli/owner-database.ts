/**
 * The database of a command, as its owner: DATABASE_URL, or the embedded one (of the running server, else
 * started until the command ends). Takes the settings, gives the work the URLs. Never prints a URL.
 */
import type { Config } from '../config.ts';
import { withClient } from '../database/connect.ts';
import { connectionError, describeUrl, reasonOf } from '../database/connection-error.ts';
import { useEmbedded } from '../embedded/embedded.ts';
import { OperatorError } from '../errors.ts';

export interface OwnerDatabase {
  readonly ownerUrl: string;
  /** ownerUrl in the form that psql and other libpq clients understand. */
  readonly libpqUrl: string;
  readonly authenticatorUrl: string;
  /** SHADOW_DATABASE_URL and ROOT_DATABASE_URL, for commit, uncommit and reset. undefined = not set. */
  readonly shadowUrl: string | undefined;
  readonly rootUrl: string | undefined;
  /** The data directory of the embedded server; undefined for any other database. */
  readonly directory: string | undefined;
}

export async function withOwnerDatabase<T>(
  config: Config,
  work: (database: OwnerDatabase) => Promise<T>,
): Promise<T> {
  if (config.database) {
    const { ownerUrl, authenticatorUrl, libpq } = config.database;
    if (!ownerUrl) {
      throw new OperatorError(
        'This command needs the owner of the database, and DATABASE_URL is not set.',
        "set DATABASE_URL to the owner's URL beside AUTH_DATABASE_URL.",
      );
    }
    const { shadowUrl, rootUrl } = config;
    const libpqUrl = libpq.ownerUrl ?? ownerUrl;
    const urls = { ownerUrl, libpqUrl, authenticatorUrl, shadowUrl, rootUrl };
    await checkLogin(ownerUrl);
    return work({ ...urls, directory: undefined });
  }
  const embedded = await useEmbedded({
    directory: config.dataDirectory,
    port: config.embeddedPort,
    say: (line) => console.error(line),
  });
  try {
    const { owner, authenticator, shadow, root } = embedded.urls;
    return await work({
      ownerUrl: owner,
      libpqUrl: owner,
      authenticatorUrl: authenticator,
      shadowUrl: shadow,
      rootUrl: root,
      directory: embedded.directory,
    });
  } finally {
    await embedded.stop();
  }
}

/** Connects once, because graphile-migrate reports a refused connection with a stack trace. */
async function checkLogin(ownerUrl: string): Promise<void> {
  try {
    await withClient(
      { connectionString: ownerUrl, connectionTimeoutMillis: 10_000 },
      async () => {},
    );
  } catch (cause) {
    throw (
      connectionError(cause, ownerUrl, 'DATABASE_URL') ??
      new OperatorError(
        `The database ${describeUrl(ownerUrl)} cannot be reached: ${reasonOf(cause)}.`,
        'check the host, the port and the network of DATABASE_URL.',
        { cause },
      )
    );
  }
}
