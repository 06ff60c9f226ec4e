/**
 * The issuer's public keys, cached. Takes the configured URL, returns keys. The keys are fetched for the
 * first token, again in the background as they age, and at once for a token whose key is unknown. Must never
 * refuse a valid token because the issuer cannot be reached, once keys were fetched.
 */
import { fetchKeySet } from './fetch-key-set.ts';
import { usableKeys, type VerificationKey } from './jwk.ts';
import { type KeySource, KeysUnavailableError, type TokenHeader } from './keys.ts';

export interface KeySetOptions {
  readonly url: URL;
  readonly algorithms: readonly string[];
  readonly log: (line: string) => void;
  /** Milliseconds between two fetches. A flood of bad tokens must not become a flood of fetches. */
  readonly cooldownMs?: number;
  readonly timeoutMs?: number;
}

const COOLDOWN_MS = 10_000;

/** The cooldown before the first successful fetch. It only protects the issuer. */
const FIRST_COOLDOWN_MS = 1000;

/** Milliseconds. Older keys are renewed in the background, at the next token. */
export const REFRESH_AFTER_MS = 5 * 60_000;

/**
 * Milliseconds. Older keys are renewed before the next token is checked, so a withdrawn key is refused after
 * this time at the latest, if the issuer can be reached. docs/identity.md promises these ten minutes.
 */
export const WITHDRAWN_WITHIN_MS = 10 * 60_000;

export class KeySet implements KeySource {
  readonly #options: KeySetOptions;
  readonly #cooldownMs: number;
  #keys: readonly VerificationKey[] | undefined;
  #version = 0;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  /** When the last fetch ended, successful or not. */
  #triedAt = Number.NEGATIVE_INFINITY;
  /** The fetch in flight: all tokens that need a fetch wait for the same one. */
  #fetching: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#cooldownMs = options.cooldownMs ?? COOLDOWN_MS;
  }

  get version(): number {
    return this.#version;
  }

  upToDate(): Promise<void> | undefined {
    // find() does the first fetch, for a token that passed the checks of its header.
    if (!this.#keys) return undefined;
    const now = performance.now();
    if (now - this.#fetchedAt <= REFRESH_AFTER_MS) return undefined;
    // By #triedAt: while the issuer cannot be reached, not every token waits for a fetch.
    const wait = now - this.#triedAt > WITHDRAWN_WITHIN_MS;
    const renewing = this.#fetchUnlessJustTried();
    return wait ? renewing : undefined;
  }

  async find(header: TokenHeader): Promise<readonly VerificationKey['key'][]> {
    const keys = this.#matching(header);
    if (keys.length > 0) return keys;
    await this.#fetchUnlessJustTried();
    if (!this.#keys) throw new KeysUnavailableError(Math.ceil(FIRST_COOLDOWN_MS / 1000));
    return this.#matching(header);
  }

  /**
   * For issuers with serial key ids: after a reset of the issuer's database its first key has the id "1"
   * again, so a new key shows only by its signatures.
   */
  async renew(): Promise<boolean> {
    const before = this.#version;
    await this.#fetchUnlessJustTried();
    return this.#version !== before;
  }

  #matching({ alg, kid }: TokenHeader): VerificationKey['key'][] {
    const fitting = (this.#keys ?? []).filter((key) => key.alg === alg);
    if (kid === undefined) return fitting.length === 1 ? fitting.map(({ key }) => key) : [];
    return fitting.filter((key) => key.kid === kid).map(({ key }) => key);
  }

  #fetchUnlessJustTried(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    const pause = this.#keys ? this.#cooldownMs : Math.min(this.#cooldownMs, FIRST_COOLDOWN_MS);
    if (performance.now() - this.#triedAt < pause) return Promise.resolve();
    this.#fetching = this.#fetch().finally(() => {
      this.#fetching = undefined;
      this.#triedAt = performance.now();
    });
    return this.#fetching;
  }

  /** A valid answer replaces the keys. An empty key set withdraws all keys. */
  async #fetch(): Promise<void> {
    const { url, algorithms, log, timeoutMs } = this.#options;
    try {
      const keys = await usableKeys(await fetchKeySet(url, timeoutMs), algorithms);
      if (keys.length === 0) log(`${url.href} has no key for ${algorithms.join(', ')}`);
      if (fingerprint(keys) !== fingerprint(this.#keys ?? [])) this.#version++;
      this.#keys = keys;
      this.#fetchedAt = performance.now();
    } catch (error) {
      const kept = this.#keys ? '; the known keys stay in use' : '';
      log(`the keys at ${url.href} could not be fetched: ${reasonOf(error)}${kept}`);
    }
  }
}

const fingerprint = (keys: readonly VerificationKey[]): string => keys.map(({ id }) => id).join();

/** fetch puts the reason into `cause`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error
    ? cause.message || String((cause as { code?: string }).code)
    : message;
}
