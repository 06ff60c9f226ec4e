/**
 * Names for prepared statements, and which of them one connection holds. A name is made of the text
 * alone: behind a pooler several servers share one connection's names, and the same name must never
 * mean two texts.
 */
import { createHash } from 'node:crypto';

/** Prepared statements kept per connection; each holds a plan in the backend's memory. */
const MAX_PER_CONNECTION = 100;

/** Texts whose name is remembered, so that no request hashes what the last one did. */
const MAX_NAMES = 2000;

const names = new Map<string, string>();

export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `rg_${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
    if (names.size >= MAX_NAMES) names.clear();
    names.set(text, name);
  }
  return name;
}

export class PreparedNames {
  /** Least recently used first. */
  readonly #held = new Set<string>();
  readonly #limit: number;

  constructor(limit = MAX_PER_CONNECTION) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#held.size;
  }

  has(name: string): boolean {
    return this.#held.has(name);
  }

  /** Whether the connection holds it; if so it is now the most recently used. */
  use(name: string): boolean {
    if (!this.#held.delete(name)) return false;
    this.#held.add(name);
    return true;
  }

  /** Only once the server has said ParseComplete: a failed Parse leaves nothing behind. */
  add(name: string): void {
    this.#held.add(name);
  }

  forget(name: string): void {
    this.#held.delete(name);
  }

  /** The connection is not the one we knew: DISCARD, or another behind a pooler. */
  forgetAll(): void {
    this.#held.clear();
  }

  /** Takes out what has to be closed so that `coming` more fit. */
  makeRoom(coming: number): string[] {
    const surplus: string[] = [];
    for (const name of this.#held) {
      if (this.#held.size + coming <= this.#limit) break;
      this.#held.delete(name);
      surplus.push(name);
    }
    return surplus;
  }
}
