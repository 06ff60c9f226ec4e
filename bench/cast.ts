/**
 * Starts peers, prepares their requests and checks that all give the same answers. Takes the stage,
 * returns the running peers. A peer that cannot run is left out with its reason.
 */
import type { Ask } from './dialects.ts';
import type { Peer } from './peers.ts';
import type { Child } from './support/child.ts';
import type { LoadRequest } from './support/load.ts';
import type { Stage } from './support/stage.ts';
import { CONNECTIONS, LARGE_ACCOUNT, turnsOf, type Workload } from './workloads.ts';

export interface Player {
  readonly peer: Peer;
  readonly child: Child;
  readonly url: string;
  /** One list per connection. */
  readonly requests: Readonly<Partial<Record<Workload, readonly (readonly LoadRequest[])[]>>>;
}

export interface CastOptions {
  readonly stage: Stage;
  readonly workloads: readonly Workload[];
  readonly tokens: ReadonlyMap<number, string>;
  readonly newest: ReadonlyMap<number, number>;
  readonly through: (databaseUrl: string) => string;
}

/** Starts a peer. Returns the reason, as text, if the peer cannot run here. */
export async function join(
  peer: Peer,
  { stage, workloads, tokens, newest, through }: CastOptions,
): Promise<Player | string> {
  const reason = peer.missing?.();
  if (reason) return reason;
  const child = await peer.start(stage, through);
  const url = `http://127.0.0.1:${child.port}`;
  const requestOf = (userId: number, { method, path, body }: Ask): LoadRequest => ({
    method,
    path,
    headers: {
      authorization: `Bearer ${tokens.get(userId)}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  });
  try {
    const place = await lastPlace(peer, url, requestOf, newest);
    const requests: Player['requests'] = Object.fromEntries(
      workloads.map((workload) => [
        workload,
        Array.from({ length: CONNECTIONS }, (_, connection) =>
          turnsOf(workload, connection, newest, place).map(({ userId, operation }) =>
            requestOf(userId, peer.dialect.ask(operation)),
          ),
        ),
      ]),
    );
    return { peer, child, url, requests };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** The cursor or id that is a hundred rows before the end of the large account. */
async function lastPlace(
  { dialect }: Peer,
  url: string,
  requestOf: (userId: number, ask: Ask) => LoadRequest,
  newest: ReadonlyMap<number, number>,
): Promise<string | number> {
  if (!dialect.lastPlace) {
    // One statement inserted the account's rows, so the ids have no gaps.
    return (newest.get(LARGE_ACCOUNT.userId) ?? 0) - LARGE_ACCOUNT.tasks + 100;
  }
  const answer = await send(url, requestOf(LARGE_ACCOUNT.userId, dialect.lastPlace));
  const { data } = JSON.parse(answer) as {
    data: { tasks: { edges: { cursor: string }[] } };
  };
  return data.tasks.edges[0]?.cursor ?? '';
}

export async function send(url: string, { path, ...request }: LoadRequest): Promise<string> {
  const response = await fetch(`${url}${path}`, request);
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${url}${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return text;
}

/** Columns whose values differ in each answer: only their types are compared. */
const VOLATILE: Partial<Record<Workload, readonly string[]>> = {
  create: ['id', 'createdAt'],
  toggle: ['updatedAt'],
};

/** Throws unless all peers return the same rows. Returns bytes per answer, by peer and workload. */
export async function proveEqual(
  players: readonly Player[],
  workloads: readonly Workload[],
): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for (const workload of workloads) {
    const answers = new Map<string, string>();
    for (const { peer, url, requests } of players) {
      const [request] = requests[workload]?.[0] ?? [];
      if (!request) throw new Error(`there is no request for ${workload}`);
      const answer = await send(url, request);
      const rows = rowsOf(peer, workload, answer);
      if (rows.length !== (request && PAGES.includes(workload) ? 50 : 1)) {
        throw new Error(`${peer.title} answered ${workload} with ${rows.length} rows`);
      }
      answers.set(peer.name, JSON.stringify(rows.map((row) => plain(row, VOLATILE[workload]))));
      bytes.set(`${peer.name} ${workload}`, answer.length);
    }
    const [[first, expected] = ['', '']] = answers;
    for (const [name, rows] of answers) {
      if (rows !== expected) {
        throw new Error(
          `${name} and ${first} answer ${workload} differently:\n${rows.slice(0, 300)}\n${expected.slice(0, 300)}`,
        );
      }
    }
  }
  return bytes;
}

function rowsOf({ title, dialect }: Peer, workload: Workload, answer: string) {
  try {
    return dialect.rows(JSON.parse(answer));
  } catch (error) {
    throw new Error(`${title} answered ${workload} with ${(error as Error).message}`);
  }
}

const PAGES: readonly Workload[] = ['newest', 'filtered', 'deep'];

/** Peers print the same time in different formats. */
function plain(row: Record<string, unknown>, kinds: readonly string[] = []): object {
  return Object.fromEntries(
    ['id', 'title', 'completed', 'createdAt', 'updatedAt'].map((name) => {
      const value = row[name];
      if (kinds.includes(name)) return [name, typeof value];
      return [name, name.endsWith('At') && value ? new Date(String(value)).getTime() : value];
    }),
  );
}
