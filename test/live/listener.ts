/** A subscriber over server-sent events, as a page with fetch reads them. Keeps every byte it was sent. */
import type { TestServer } from '../support/server.ts';

export interface Listener {
  readonly response: Response;
  /** All that arrived, as text. */
  readonly bytes: () => string;
  /** Results of `event: next`, oldest first; waits until there are so many. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
  results(count: number): Promise<any[]>;
  /** Resolves when the server ends the stream; whether it said `complete` before. */
  readonly ended: Promise<boolean>;
  close(): void;
}

export const CHANGED = `subscription ($since: Cursor) { taskChanged(since: $since) {
  kind id cursor task { title } } }`;

export async function listen(
  server: TestServer,
  who: number | string,
  variables: object = {},
  query = CHANGED,
): Promise<Listener> {
  const token = typeof who === 'number' ? await server.token(who) : who;
  const abort = new AbortController();
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query, variables }),
    signal: abort.signal,
  });
  let text = '';
  let wake = (): void => {};
  const ended = (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        wake();
      }
    } catch {
      // Closed by this side, or cut off by the server.
    }
    wake();
    return text.includes('event: complete');
  })();
  let over = false;
  void ended.then(() => {
    over = true;
    wake();
  });
  const parsed = () => [...text.matchAll(/^event: next\ndata: (.*)$/gm)].map(([, data]) => data);
  return {
    response,
    bytes: () => text,
    async results(count) {
      while (parsed().length < count && !over) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return parsed().map((data) => JSON.parse(data ?? 'null'));
    },
    ended,
    close: () => abort.abort(),
  };
}
