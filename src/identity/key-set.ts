/**
 * The issuer's public keys, kept. Fetched when the first token needs them, again in the background as
 * they age, and at once when a token is signed by a key not known here or not known any more. Receives
 * the configured URL; hands out keys; never blames a token for an issuer that can not be reached.
 */
import { fetchKeySet } from './fetch-key-set.ts';
import { usableKeys, type VerificationKey } from './jwk.ts';
import { type KeySource, KeysUnavailableError, type TokenHeader } from './keys.ts';

export interface KeySetOptions {
  readonly url: URL;
  readonly algorithms: readonly string[];
  readonly log: (line: string) => void;
  /** The shortest time between two fetches that tokens cause: no flood of bad tokens becomes one of fetches. */
  readonly cooldownMs?: number;
  readonly timeoutMs?: number;
}

const COOLDOWN_MS = 10_000;

/** With no key at all there is nothing to protect but the issuer itself. */
const FIRST_COOLDOWN_MS = 1000;

/** Keys older than this are renewed in the background, while they still serve. */
const REFRESH_AFTER_MS = 5 * 60_000;

/**
 * Keys that were not asked for in this time are renewed before a token counts: one may have been withdrawn.
 * This is the promise of docs/identity.md: a withdrawn key is refused within ten minutes.
 */
const DISTRUST_AFTER_MS = 10 * 60_000;

export class KeySet implements KeySource {
  readonly #options: KeySetOptions;
  readonly #cooldownMs: number;
  #keys: readonly VerificationKey[] | undefined;
  #version = 0;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  /** When the last fetch ended, well or not. */
  #triedAt = Number.NEGATIVE_INFINITY;
  /** The fetch under way: everybody who wants one waits for the same. */
  #fetching: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#cooldownMs = options.cooldownMs ?? COOLDOWN_MS;
  }

  get version(): number {
    return this.#version;
  }

  upToDate(): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.#triedAt > DISTRUST_AFTER_MS) return this.#fetchUnlessJustTried();
    if (now - this.#fetchedAt > REFRESH_AFTER_MS) void this.#fetchUnlessJustTried();
    return undefined;
  }

  async find(header: TokenHeader): Promise<readonly VerificationKey['key'][]> {
    const renewing = this.upToDate();
    if (renewing) await renewing;
    const keys = this.#matching(header);
    if (keys.length > 0) return keys;
    await this.#fetchUnlessJustTried();
    if (!this.#keys) throw new KeysUnavailableError(Math.ceil(FIRST_COOLDOWN_MS / 1000));
    return this.#matching(header);
  }

  /**
   * Where ids are serial the first key of every environment is "1": after a reset of the issuer's
   * database another key has the old name, and only its signatures tell.
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

  /** A good answer replaces the keys, also with none: that is how an issuer withdraws them. */
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

/** fetch hides what happened in `cause`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error
    ? cause.message || String((cause as { code?: string }).code)
    : message;
}
