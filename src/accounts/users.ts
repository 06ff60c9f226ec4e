/**
 * The first request of a token makes or refreshes its user's row (app_private.ensure_user). Receives a
 * verified identity; hands on nothing, or throws an AccountError. Runs as todo_authenticator, outside
 * todo_user, and never for a token it has seen, as long as the account lives.
 */
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';
import type { Identity } from '../identity/identity.ts';
import { asAccountError } from './account-error.ts';
import { Deletions } from './deletions.ts';

/** People remembered; beyond that the one unseen for longest is asked about again. */
const MAX_KNOWN = 50_000;

/**
 * What is known of a person. The database lets the newest token decide the e-mail address, so an older
 * one has nothing to tell it; of two tokens from one second both may be the newer.
 */
interface Known {
  /** iat of the oldest token that passed. One older still may be from before a deletion. */
  readonly oldest: number;
  /** iat of the newest token that stated an address. */
  readonly newest: number;
  /** The addresses that tokens of that second stated. */
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

export class Users {
  readonly #pool: Pool;
  readonly #max: number;
  readonly #deletions: Deletions;
  readonly #known = new Map<number, Known>();
  /** Questions under way: parallel first requests of one token wait for the same answer. */
  readonly #asking = new Map<string, Question>();

  constructor(pool: Pool, log: (line: string) => void, max = MAX_KNOWN) {
    this.#pool = pool;
    this.#max = max;
    this.#deletions = new Deletions(pool, (userId) => this.#forget(userId), log);
  }

  async ensure(identity: Identity): Promise<void> {
    await this.#deletions.upToDate();
    if (this.#isKnown(identity)) return;
    const key = JSON.stringify([identity.userId, identity.issuedAt, identity.email]);
    const question = this.#asking.get(key) ?? this.#ask(identity, key);
    return question.answer;
  }

  /** After a deletion by this process: the next request of anybody learns of it first. */
  accountDeleted(): void {
    this.#deletions.expire();
  }

  #isKnown({ userId, issuedAt, email }: Identity): boolean {
    const known = this.#known.get(userId);
    if (!known) return false;
    // Last again: a Map keeps the order of insertion, so the first is the longest unseen.
    this.#known.delete(userId);
    this.#known.set(userId, known);
    if (issuedAt < known.oldest) return false;
    if (email === null || issuedAt < known.newest) return true;
    return issuedAt === known.newest && known.emails.includes(email);
  }

  /** A failure is not remembered: the next request asks again. */
  #ask({ userId, issuedAt, email }: Identity, key: string): Question {
    const asked = askBriefly(
      this.#pool,
      'select app_private.ensure_user($1, $2, to_timestamp($3))',
      [userId, email, issuedAt],
    );
    /** Whether the answer counts: not if somebody forgot the person meanwhile. */
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

  /** An answer that was asked for before the deletion does not count either. */
  #forget(userId: number): void {
    this.#known.delete(userId);
    for (const [key, question] of this.#asking) {
      if (question.userId === userId) this.#asking.delete(key);
    }
  }

  #remember(userId: number, issuedAt: number, email: string | null): void {
    const known = this.#known.get(userId) ?? UNKNOWN;
    this.#known.delete(userId);
    this.#known.set(userId, {
      ...(email === null ? known : withAddress(known, issuedAt, email)),
      oldest: Math.min(known.oldest, issuedAt),
    });
    if (this.#known.size <= this.#max) return;
    for (const unseen of this.#known.keys()) {
      this.#known.delete(unseen);
      return;
    }
  }
}

function withAddress(known: Known, issuedAt: number, email: string): Known {
  if (issuedAt < known.newest) return known;
  const sameSecond = issuedAt === known.newest ? known.emails : [];
  return { ...known, newest: issuedAt, emails: [...sameSecond, email] };
}
