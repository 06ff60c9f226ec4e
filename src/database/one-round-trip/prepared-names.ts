/**
 * Names for prepared statements, and which of them a connection has. A name is a hash of the text and of
 * nothing else: behind a pooler several servers share a connection's names, and one name must never stand for
 * two texts.
 */
import { createHash } from 'node:crypto';

/** Prepared statements per connection. Each keeps a plan in the backend's memory. */
const MAX_PER_CONNECTION = 100;

/**
 * Texts whose name is remembered, so that a text is not hashed for each request. At most 16 MB in all (two bytes
 * per character): longer texts are hashed each time.
 */
const MAX_NAMES = 2000;
const MAX_TEXT_LENGTH = 4000;

const names = new Map<string, string>();

export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `rg_${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
    if (text.length > MAX_TEXT_LENGTH) return name;
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

  /** Whether the connection has it. If so, the name becomes the most recently used one. */
  use(name: string): boolean {
    if (!this.#held.delete(name)) return false;
    this.#held.add(name);
    return true;
  }

  /** Call at ParseComplete only: a failed Parse prepares nothing. */
  add(name: string): void {
    this.#held.add(name);
  }

  forget(name: string): void {
    this.#held.delete(name);
  }

  /** The backend has lost them: DISCARD, or another backend behind a pooler. */
  forgetAll(): void {
    this.#held.clear();
  }

  /** Removes and returns the names that must be closed so that `coming` more fit. */
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
