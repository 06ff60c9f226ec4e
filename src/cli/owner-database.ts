/**
 * The database that a command works on, as its owner: the embedded one (of the running server, or started
 * for as long as the command takes) or the one of DATABASE_URL.
 */
import type { Config } from '../config.ts';
import { useEmbedded } from '../embedded/embedded.ts';
import { OperatorError } from '../errors.ts';

export interface OwnerDatabase {
  readonly ownerUrl: string;
  /** The same for psql and everything else that is made of libpq. */
  readonly libpqUrl: string;
  readonly authenticatorUrl: string;
  /** For graphile-migrate's commit and reset; undefined where the user has not set them. */
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
        'This command works as the owner of the database, and DATABASE_URL is not set.',
        "set DATABASE_URL to the owner's URL beside AUTH_DATABASE_URL.",
      );
    }
    const { shadowUrl, rootUrl } = config;
    const libpqUrl = libpq.ownerUrl ?? ownerUrl;
    const urls = { ownerUrl, libpqUrl, authenticatorUrl, shadowUrl, rootUrl };
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
