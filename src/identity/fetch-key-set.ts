/**
 * Takes the configured URL of the issuer's key set, returns its parsed JSON, with limits on time and size.
 * Must never follow a redirect or use a URL from a token.
 */

/** Milliseconds for the whole answer of the issuer. */
const TIMEOUT_MS = 5000;

/** A set of a hundred RSA keys is a fifth of this. */
const MAX_BYTES = 256 * 1024;

/** Throws an Error for the log. Its message contains nothing of the answer. */
export async function fetchKeySet(url: URL, timeoutMs = TIMEOUT_MS): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const text = await readLimited(response.body);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
}

async function readLimited(body: Response['body']): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop closes the connection.
    if (size > MAX_BYTES) throw new Error(`longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
