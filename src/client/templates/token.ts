/**
 * Tokens for the API. Takes a function that fetches a token from the sign-in service, returns a source that asks it
 * once at a time, a minute before the token expires. Must never give the token of a person who has signed out.
 */

export interface TokenSource {
  /** A token that is valid for a while. Rejects as the fetch of the token does. */
  get(): Promise<string>;
  /** Another token than `refused`, which the API did not accept. */
  renew(refused: string): Promise<string>;
  /** Call it at sign-out: the next token is fetched anew. */
  forget(): void;
}

/** Milliseconds before the expiry. A token that lives less than two of them is renewed half-way. */
const AHEAD = 60_000;

interface Held {
  readonly token: string;
  /** Milliseconds of Date.now() from which on another token is fetched. */
  readonly until: number;
}

export function tokenSource(fetchToken: () => Promise<string>): TokenSource {
  let held: Held | undefined;
  let pending: Promise<Held> | undefined;

  const fetchOnce = (): Promise<Held> => {
    if (pending) return pending;
    const asked = fetchToken().then((token) => {
      const fetched = { token, until: renewalOf(token) };
      // After forget() this token belongs to the person who has signed out.
      if (pending === asked) held = fetched;
      return fetched;
    });
    pending = asked;
    const done = () => {
      if (pending === asked) pending = undefined;
    };
    asked.then(done, done);
    return asked;
  };

  return {
    async get() {
      const current = held && Date.now() < held.until ? held : await fetchOnce();
      return current.token;
    },
    async renew(refused) {
      if (held?.token === refused) held = undefined;
      return (held ?? (await fetchOnce())).token;
    },
    forget() {
      held = undefined;
      pending = undefined;
    },
  };
}

/**
 * `fetch` with a token. The API answers 401 (UNAUTHENTICATED) before it does anything, so the request is sent once
 * more with another token. The second answer is returned whatever it is.
 */
export function authorizedFetch(tokens: TokenSource): typeof fetch {
  return async (input, init) => {
    const send = (token: string): Promise<Response> => {
      const request = new Request(input instanceof Request ? input.clone() : input, init);
      request.headers.set('authorization', `Bearer ${token}`);
      return fetch(request);
    };
    const token = await tokens.get();
    const answer = await send(token);
    if (answer.status !== 401) return answer;
    const renewed = await tokens.renew(token);
    return renewed === token ? answer : send(renewed);
  };
}

/**
 * The lifetime counts from now, so a wrong clock of this device does no harm. A token that cannot be read is used
 * for one request.
 */
function renewalOf(token: string): number {
  const { exp, iat } = claimsOf(token);
  if (typeof exp !== 'number') return 0;
  const now = Date.now();
  const lifetime = typeof iat === 'number' ? (exp - iat) * 1000 : exp * 1000 - now;
  return now + lifetime - Math.min(AHEAD, lifetime / 2);
}

/** RFC 7519, section 3: the second part is base64url of a JSON object. */
function claimsOf(token: string): { readonly exp?: unknown; readonly iat?: unknown } {
  try {
    const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    return JSON.parse(atob(payload)) ?? {};
  } catch {
    return {};
  }
}
