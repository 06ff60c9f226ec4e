/**
 * Runs what an attacker types in a session of their own and collects everything that comes back: rows,
 * COPY output, notices, errors with their details. The session is clean again afterwards.
 */
import type { EventEmitter } from 'node:events';
import type { Client, QueryResult } from 'pg';

export interface Loot {
  /** 'ok', or the SQLSTATE of the first statement that failed. */
  readonly outcome: string;
  /** Every text that reached the client. */
  readonly text: string;
}

export async function attack(client: Client, sql: string): Promise<Loot> {
  const seen: string[] = [];
  const notice = (message: object) => seen.push(JSON.stringify(message, allFields(message)));
  const copy = (message: { chunk: Buffer }) => seen.push(message.chunk.toString());
  // node-postgres throws COPY's data away; the connection below it still announces them.
  const { connection } = client as unknown as { connection: EventEmitter };
  client.on('notice', notice);
  connection.on('copyData', copy);
  let outcome = 'ok';
  try {
    // Several statements give several results.
    const results = [await client.query(sql)].flat() as QueryResult[];
    seen.push(JSON.stringify(results.map(({ rows }) => rows)));
  } catch (error) {
    const { code } = error as { code?: string };
    if (!code) throw error;
    outcome = code;
    seen.push(JSON.stringify(error, allFields(error as object)));
  } finally {
    await client.query('rollback');
    await client.query('discard all');
    client.off('notice', notice);
    connection.off('copyData', copy);
  }
  return { outcome, text: seen.join('\n') };
}

/** An error's own message is not enumerable. */
const allFields = (value: object) => [...Object.getOwnPropertyNames(value)];
