/**
 * Takes a verified identity and creates or refreshes the person's row (app_private.ensure_user), as
 * todo_authenticator. Returns nothing, or throws an AccountError. Must never ask the database again for a
 * token it knows, as long as the account exists.
 */
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';
import type { Turns } from '../database/turns.ts';
import type { Identity } from '../identity/identity.ts';
import { asAccountError } from './account-error.ts';
import { Deletions } from './deletions.ts';

/** LRU limits. */
const MAX_PEOPLE = 50_000;
const MAX_BYTES = 24 * 2 ** 20;

/** Bytes of an entry without its addresses. test/soak/weigh.ts: 398 with an address of 22 characters. */
const ENTRY_BYTES = 400;

/**
 * The tokens of one person that passed. The newest token decides the e-mail address, so an older token
 * changes nothing. Of two tokens issued in the same second either may be the newer one.
 */
interface Known {
  /** iat of the oldest token that passed. An older token may be from before a deletion. */
  readonly oldest: number;
  /** iat of the newest token that stated an address. */
  readonly newest: number;
  /** The addresses in tokens of that second. */
  readonly emails: readonly string[];
}

const UNKNOWN: Known = {
  oldest: Number.POSITIVE_INFINITY,
  newest: Number.NEGATIVE_INFINITY,
  emails: [],
};

interface Question {
  readonly userId: number;
  readonly answer: Promise<void>;
}

export interface UsersOptions {
  /** undefined = the queries for one person may take every connection of the pool. */
  readonly turns?: Turns;
  readonly maxPeople?: number;
}

export class Users {
  readonly #pool: Pool;
  readonly #deletions: Deletions;
  readonly #turns: Turns | undefined;
  readonly #known: LRUCache<number, Known>;
  /** Queries in flight: parallel first requests of one token wait for the same answer. */
  readonly #asking = new Map<string, Question>();

  constructor(pool: Pool, log: (line: string) => void, options: UsersOptions = {}) {
    this.#pool = pool;
    this.#turns = options.turns;
    this.#known = new LRUCache({
      max: options.maxPeople ?? MAX_PEOPLE,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ emails }) => ENTRY_BYTES + 2 * emails.join('').length,
    });
    this.#deletions = new Deletions(pool, (userId) => this.#forget(userId), log);
  }

  async ensure(identity: Identity): Promise<void> {
    await this.#deletions.upToDate();
    if (this.#isKnown(identity)) return;
    const key = JSON.stringify([identity.userId, identity.issuedAt, identity.email]);
    const question = this.#asking.get(key) ?? this.#ask(identity, key);
    return question.answer;
  }

  /** Called after a deletion by this process. The next request of any person waits for the list of deletions. */
  accountDeleted(): void {
    this.#deletions.expire();
  }

  #isKnown({ userId, issuedAt, email }: Identity): boolean {
    const known = this.#known.get(userId);
    if (!known) return false;
    if (issuedAt < known.oldest) return false;
    if (email === null || issuedAt < known.newest) return true;
    return issuedAt === known.newest && known.emails.includes(email);
  }

  /** A failure is not remembered: the next request queries again. */
  #ask({ userId, issuedAt, email }: Identity, key: string): Question {
    const ask = () =>
      askBriefly(this.#pool, 'select app_private.ensure_user($1, $2, to_timestamp($3))', [
        userId,
        email,
        issuedAt,
      ]);
    const asked = this.#turns ? this.#turns.take(String(userId), ask) : ask();
    /** Whether the answer counts. It does not if the person was forgotten meanwhile. */
    const settle = (): boolean => this.#asking.get(key) === question && this.#asking.delete(key);
    const answer = asked.then(
      () => {
        if (settle()) this.#remember(userId, issuedAt, email);
      },
      (error: unknown) => {
        settle();
        throw asAccountError(error);
      },
    );
    const question = { userId, answer };
    this.#asking.set(key, question);
    return question;
  }

  /** An answer to a query that began before the deletion does not count. */
  #forget(userId: number): void {
    this.#known.delete(userId);
    for (const [key, question] of this.#asking) {
      if (question.userId === userId) this.#asking.delete(key);
    }
  }

  #remember(userId: number, issuedAt: number, email: string | null): void {
    const known = this.#known.get(userId) ?? UNKNOWN;
    this.#known.set(userId, {
      ...(email === null ? known : withAddress(known, issuedAt, email)),
      oldest: Math.min(known.oldest, issuedAt),
    });
  }
}

function withAddress(known: Known, issuedAt: number, email: string): Known {
  if (issuedAt < known.newest) return known;
  const sameSecond = issuedAt === known.newest ? known.emails : [];
  return { ...known, newest: issuedAt, emails: [...sameSecond, email] };
}
