/**
 * The statements that steps have written lately, by what they depend on, with parameters for what each
 * request brings. It must never keep what leads to a request: its frame, its context, whoever asked. The
 * values of its filters are kept, with the key, until nobody has asked the same for a minute.
 * Whether a statement depends on nothing else is verified: a second later it is written again for the next
 * who asks, and a step that then writes another is not remembered any more.
 */
import type { Frame } from './frame.ts';

/** Stands in a statement for a value of the request. */
export class Parameter {
  /** Of the step that has the value, or an array with the value in it. */
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
  /** PostGraphile's, for the stock adaptor. */
  readonly name: string | undefined;
  readonly values: readonly unknown[];
  /** What PostGraphile hands on with the rows: where in them it finds what. As the text, so these. */
  readonly meta: object;
  readonly cursorDetails: unknown;
  readonly groupDetails: unknown;
}

export const valuesOf = ({ values }: StatementTemplate, frame: Frame): unknown[] =>
  values.map((value) => (value instanceof Parameter ? value.valueIn(frame) : value));

/** Of all steps together, for anybody can make up keys: then others are written anew more often. */
const MAX_ENTRIES = 1000;
const MAX_KEY_LENGTH = 500;
/** Characters of a text and its values. */
const MAX_LENGTH = 10_000;

/** Milliseconds after which a statement is written again, and after which one nobody needs may go. */
export const VERIFIED_MS = 1000;
export const UNUSED_MS = 60_000;

interface Entry {
  /** To be used until then. */
  statement: StatementTemplate | undefined;
  until: number;
  /** What it is to be compared with. */
  last: StatementTemplate | undefined;
  used: number;
}

/** Least recently used first. */
const entries = new Map<string, Entry>();
let steps = 0;
let generation = 0;

/** For plans that nobody will carry out any more; those under way do without. */
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

  /** Undefined where the step has to write it itself: the first time, and while it is written again. */
  get(key: string, frame: Frame): StatementTemplate | undefined {
    if (!this.#repeats || key.length > MAX_KEY_LENGTH) return undefined;
    if (this.#generation !== generation) return undefined;
    const now = this.#now();
    const place = `${this.#step} ${key}`;
    const entry = entries.get(place);
    if (!entry) {
      makeRoom(now);
      // Most keys with a variable in them come once; the second time it is worth it.
      entries.set(place, { statement: undefined, until: 0, last: undefined, used: now });
      return undefined;
    }
    entry.used = now;
    entries.delete(place);
    entries.set(place, entry);
    if (entry.until > now) return entry.statement;
    entry.until = now + VERIFIED_MS;
    entry.statement = undefined;
    this.#renew(entry, frame);
    return undefined;
  }

  #renew(entry: Entry, frame: Frame): void {
    this.#write(frame).then(
      (statement) => {
        if (!statement || (entry.last && !isSame(entry.last, statement))) this.#repeats = false;
        else if (lengthOf(statement) > MAX_LENGTH) entry.until = Number.POSITIVE_INFINITY;
        else {
          entry.statement = statement;
          entry.last = statement;
        }
      },
      // What is wrong with it the step itself will say.
      () => {},
    );
  }
}

function makeRoom(now: number): void {
  for (const [place, { used }] of entries) {
    if (entries.size < MAX_ENTRIES && now - used < UNUSED_MS) return;
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
