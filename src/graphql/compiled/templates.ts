/**
 * Remembers statement templates: the text a step has written, with parameters for the values of each request.
 * It must never keep a reference to a request: no frame, no context, no person. The key and the values of
 * filters are kept until the key is unused for a minute.
 * A template is checked: after a second the step writes the statement again, and a step that then writes
 * another one is not remembered any more.
 */
import { LRUCache } from 'lru-cache';
import type { Frame } from './frame.ts';

/** A placeholder in a template for a value of the request. */
export class Parameter {
  /** Id of the step that holds the value, or an array with the value at `index`. */
  readonly id: number;
  readonly index: number | undefined;
  readonly encode: ((value: unknown) => unknown) | undefined;

  constructor(id: number, index?: number, encode?: (value: unknown) => unknown) {
    this.id = id;
    this.index = index;
    this.encode = encode;
  }

  valueIn(frame: Frame): unknown {
    const found = frame[this.id];
    const value = this.index === undefined ? found : (found as readonly unknown[])[this.index];
    return value == null || !this.encode ? value : this.encode(value);
  }
}

export interface StatementTemplate {
  readonly text: string;
  /** PostGraphile's name for the prepared statement; only the stock adaptor uses it. */
  readonly name: string | undefined;
  readonly values: readonly unknown[];
  /** PostGraphile's map of the result: which column is at which index. Equal for equal texts. */
  readonly meta: object;
  readonly cursorDetails: unknown;
  readonly groupDetails: unknown;
}

export const valuesOf = ({ values }: StatementTemplate, frame: Frame): unknown[] =>
  values.map((value) => (value instanceof Parameter ? value.valueIn(frame) : value));

/** LRU limits for all steps together. Clients choose keys. */
const MAX_ENTRIES = 1000;
const MAX_BYTES = 16 * 2 ** 20;
/** An estimate, not measured: an entry without its key, text and values. A character takes two at most. */
const ENTRY_BYTES = 2000;
const MAX_KEY_LENGTH = 500;
/** Characters of a text and its values together. */
const MAX_LENGTH = 10_000;

/** Milliseconds after which a template is written again and compared. */
export const VERIFIED_MS = 1000;
/** Milliseconds without use after which a template may be dropped. */
export const UNUSED_MS = 60_000;

interface Entry {
  statement: StatementTemplate | undefined;
  /** `statement` may be used until this time (performance.now()). */
  until: number;
  /** The statement written before, to compare the next one with. */
  last: StatementTemplate | undefined;
  used: number;
}

const entries = new LRUCache<string, Entry>({
  max: MAX_ENTRIES,
  maxSize: MAX_BYTES,
  sizeCalculation: ({ last }, place) =>
    ENTRY_BYTES + 2 * (place.length + (last ? lengthOf(last) : 0)),
});
let steps = 0;
let generation = 0;

/** Called when the schema was replaced. Caches of its plans stay empty; requests in flight do without. */
export function forgetTemplates(): void {
  entries.clear();
  generation++;
}

export class TemplateCache {
  readonly #step = ++steps;
  readonly #generation = generation;
  readonly #write: (frame: Frame) => Promise<StatementTemplate | undefined>;
  readonly #now: () => number;
  #repeats = true;

  constructor(
    write: (frame: Frame) => Promise<StatementTemplate | undefined>,
    now: () => number = () => performance.now(),
  ) {
    this.#write = write;
    this.#now = now;
  }

  /** Undefined if the step has to write the statement itself: the first time, and while it is checked. */
  get(key: string, frame: Frame): StatementTemplate | undefined {
    if (!this.#repeats || key.length > MAX_KEY_LENGTH) return undefined;
    if (this.#generation !== generation) return undefined;
    const now = this.#now();
    const place = `${this.#step} ${key}`;
    const entry = entries.get(place);
    if (!entry) {
      dropUnused(now);
      // Most keys with a variable come once only. The second time is worth a template.
      entries.set(place, { statement: undefined, until: 0, last: undefined, used: now });
      return undefined;
    }
    entry.used = now;
    if (entry.until > now) return entry.statement;
    entry.until = now + VERIFIED_MS;
    entry.statement = undefined;
    this.#renew(place, entry, frame);
    return undefined;
  }

  #renew(place: string, entry: Entry, frame: Frame): void {
    this.#write(frame).then(
      (statement) => {
        if (!statement || (entry.last && !isSame(entry.last, statement))) this.#repeats = false;
        else if (lengthOf(statement) > MAX_LENGTH) entry.until = Number.POSITIVE_INFINITY;
        else {
          // A new object, which the cache weighs. Not if the entry was dropped while the step wrote.
          if (entries.peek(place) !== entry) return;
          entries.set(place, { ...entry, statement, last: statement });
        }
      },
      // The step itself reports what is wrong.
      () => {},
    );
  }
}

function dropUnused(now: number): void {
  // rkeys(): least recently used first.
  for (const place of entries.rkeys()) {
    const entry = entries.peek(place);
    if (entry && now - entry.used < UNUSED_MS) return;
    entries.delete(place);
  }
}

const lengthOf = ({ text, values }: StatementTemplate): number =>
  values.reduce<number>((sum, value) => sum + (JSON.stringify(value)?.length ?? 0), text.length);

const isSame = (a: StatementTemplate, b: StatementTemplate): boolean =>
  a.text === b.text &&
  a.values.length === b.values.length &&
  a.values.every((value, i) => isSameValue(value, b.values[i]));

const isSameValue = (a: unknown, b: unknown): boolean =>
  a instanceof Parameter === b instanceof Parameter &&
  (a === b || JSON.stringify(a) === JSON.stringify(b));
