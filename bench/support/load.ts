/**
 * The load generator: keep-alive connections, each sends its next request after the answer. Returns
 * latencies. Throws if any answer has an error. Its own CPU time is not counted.
 */
import autocannon, { type Instance, type Options, type Result } from 'autocannon';

export interface LoadRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface LoadOptions {
  /** Peer name for the error message. */
  readonly who: string;
  readonly url: string;
  /** One list per connection. */
  readonly requests: readonly (readonly LoadRequest[])[];
  readonly seconds?: number;
  /** Number of requests, instead of `seconds`. */
  readonly amount?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export async function load(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let connection = 0;
  const began = performance.now();
  const result = await run(
    {
      url: options.url,
      connections: options.requests.length,
      // Milliseconds between checks whether the time is over.
      sampleInt: 50,
      ...(options.amount ? { amount: options.amount } : { duration: options.seconds ?? 1 }),
      setupClient: (client) => client.setRequests([...(options.requests[connection++] ?? [])]),
      verifyBody: (body) => !String(body).startsWith('{"errors"'),
    },
    (instance) =>
      instance.on('response', (_client, status, _bytes, milliseconds) => {
        if (status === 200 || status === 201) latencies.push(milliseconds);
      }),
  );
  const seconds = (performance.now() - began) / 1000;
  const bad = result.non2xx + result.errors + result.timeouts + result.mismatches;
  if (bad > 0 || latencies.length === 0) {
    throw new Error(
      `${bad} of ${result.requests.total} answers of ${options.who} failed: ${result.non2xx} by status, ${result.mismatches} by content, ${result.errors} lost`,
    );
  }
  latencies.sort((a, b) => a - b);
  const quantile = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { requests: latencies.length, seconds, p50: quantile(0.5), p99: quantile(0.99) };
}

function run(options: Options, prepare: (instance: Instance) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, result: Result) => (error ? reject(error) : resolve(result));
    prepare(autocannon(options, done));
  });
}
