/** Somebody who makes one task after the other, and keeps account of what was acknowledged. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const CREATE =
  'mutation ($title: String!) { createTask(input: {task: {title: $title}}) { task { title } } }';
const PAGE =
  'query ($after: Cursor) { tasks(first: 100, after: $after) { nodes { title } pageInfo { hasNextPage endCursor } } }';

export class Writer {
  readonly attempted = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** How answers came out, and how often: HTTP status and code. */
  readonly outcomes = new Map<string, number>();
  readonly #url: string;
  readonly #token: string;
  readonly #mark: string;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(url: string, token: string, mark: string = randomUUID()) {
    this.#url = url;
    this.#token = token;
    this.#mark = mark;
  }

  run(pauseMs = 5): void {
    this.#running = this.#loop(pauseMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Titles that this writer made, as the API at this address has them. */
  async stored(url = this.#url): Promise<string[]> {
    return (await this.everything(url)).filter((title) => title.startsWith(this.#mark));
  }

  /** Titles of all that this person sees. */
  async everything(url = this.#url): Promise<string[]> {
    const titles: string[] = [];
    for (let after: string | null = null; ; ) {
      const { body } = await this.#ask(PAGE, { after }, url);
      const { nodes, pageInfo } = body.data.tasks;
      titles.push(...nodes.map((node: { title: string }) => node.title));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    return titles;
  }

  async #loop(pauseMs: number): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const title = `${this.#mark} ${i}`;
      this.attempted.add(title);
      const outcome = await this.#create(title);
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      if (outcome === '200') this.acknowledged.add(title);
      await sleep(outcome === '200' ? pauseMs : 50);
    }
  }

  async #create(title: string): Promise<string> {
    try {
      const { status, body } = await this.#ask(CREATE, { title });
      if (status === 200 && body.data?.createTask?.task?.title === title) return '200';
      return `${status} ${body.errors?.[0].extensions.code}`;
    } catch {
      return 'no answer';
    }
  }

  async #ask(query: string, variables: object, url = this.#url) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
    return { status: response.status, body: (await response.json()) as any };
  }
}
