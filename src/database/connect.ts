/**
 * One connection to PostgreSQL for as long as some work takes. Takes a URL, returns what the work returns.
 * The connection is closed in every case and is never left without an `error` listener: node-postgres
 * raises `error` when a backend dies, and Node ends a process that does not listen.
 */
import { Client, type ClientConfig } from 'pg';

/** Rejects with node-postgres's error where no connection can be made. */
export async function openClient(config: string | ClientConfig): Promise<Client> {
  const client = new Client(typeof config === 'string' ? { connectionString: config } : config);
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

export async function withClient<T>(
  config: string | ClientConfig,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(config);
  try {
    return await work(client);
  } finally {
    // A connection that broke during the work has its own error to report.
    await client.end().catch(() => {});
  }
}
