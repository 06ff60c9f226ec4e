/**
 * The metrics of one server. Takes events of requests, the pool and the verifier, returns a Prometheus
 * registry. A label must never hold a person, an id, or a value that clients can invent without limit.
 */
import type { Pool } from 'pg';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestEntry } from './http/observe.ts';

/**
 * Operation names that get a label of their own. Clients choose the names, and each is a time series. The server
 * chooses the values of all other labels.
 */
const MAX_NAMES = 100;

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export class Metrics {
  readonly registry = new Registry();
  readonly #names = new Set<string>();
  readonly #requests: Counter<'path' | 'status' | 'outcome'>;
  readonly #operations: Histogram<'kind' | 'operation'>;
  readonly #executions: Counter<'executor'>;
  readonly #waits: Histogram;
  readonly #errors: Counter<'class'>;
  readonly #tokens: Counter<'cached'>;
  readonly #streams: Gauge;
  readonly #events: Counter;
  readonly #polls: Histogram;

  constructor() {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: 'rowguard_requests_total',
      help: 'Requests by path, HTTP status and outcome (ok, the code of the first error, CLIENT_GONE)',
      labelNames: ['path', 'status', 'outcome'],
      registers,
    });
    this.#operations = new Histogram({
      name: 'rowguard_operation_seconds',
      help: `GraphQL operations by name; "other" once ${MAX_NAMES} different names were seen`,
      labelNames: ['kind', 'operation'],
      buckets: SECONDS,
      registers,
    });
    this.#executions = new Counter({
      name: 'rowguard_executions_total',
      help: 'GraphQL operations by executor: compiled, grafast, or both (compiled failed, grafast ran it)',
      labelNames: ['executor'],
      registers,
    });
    this.#waits = new Histogram({
      name: 'rowguard_pool_wait_seconds',
      help: 'How long a request waited for a database connection',
      buckets: SECONDS,
      registers,
    });
    this.#errors = new Counter({
      name: 'rowguard_database_errors_total',
      help: 'Failed statements by class of SQLSTATE, or "connection"',
      labelNames: ['class'],
      registers,
    });
    this.#tokens = new Counter({
      name: 'rowguard_tokens_total',
      help: 'Tokens checked; cached: verified earlier and remembered',
      labelNames: ['cached'],
      registers,
    });
    this.#streams = new Gauge({
      name: 'rowguard_streams',
      help: 'Open subscriptions',
      registers,
    });
    this.#events = new Counter({
      name: 'rowguard_events_total',
      help: 'Changes sent to subscriptions',
      registers,
    });
    this.#polls = new Histogram({
      name: 'rowguard_poll_seconds',
      help: 'Questions for new changes, asked while there are subscriptions',
      buckets: SECONDS,
      registers,
    });
    collectDefaultMetrics({ register: this.registry });
  }

  requestEnded(entry: RequestEntry): void {
    const { path, status, outcome, kind, operation, executor, durationMs } = entry;
    this.#requests.inc({ path, status, outcome });
    if (!kind) return;
    this.#operations.observe({ kind, operation: this.#label(operation) }, durationMs / 1000);
    if (executor) this.#executions.inc({ executor });
  }

  waited(ms: number): void {
    this.#waits.observe(ms / 1000);
  }

  databaseFailed(error: unknown): void {
    const { code = '' } = error as { code?: string };
    const known = /^[0-9A-Z]{5}$/.test(code);
    this.#errors.inc({ class: known && !code.startsWith('08') ? code.slice(0, 2) : 'connection' });
  }

  tokenChecked(cached: boolean): void {
    this.#tokens.inc({ cached: String(cached) });
  }

  streamed(change: 1 | -1): void {
    this.#streams.inc(change);
  }

  sentEvents(count: number): void {
    this.#events.inc(count);
  }

  polled(ms: number): void {
    this.#polls.observe(ms / 1000);
  }

  /** The pool is read at each request of /metrics. `size`: the largest number of connections. */
  watch(pool: Pool, size: number): void {
    const states: [string, () => number][] = [
      ['used', () => pool.totalCount - pool.idleCount],
      ['idle', () => pool.idleCount],
      ['waiting', () => pool.waitingCount],
      ['limit', () => size],
    ];
    new Gauge({
      name: 'rowguard_pool_connections',
      help: 'Database connections used and idle, requests waiting for one, and the limit',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        for (const [state, count] of states) this.set({ state }, count());
      },
    });
  }

  #label(name: string | undefined): string {
    if (name === undefined) return 'anonymous';
    if (!this.#names.has(name) && this.#names.size >= MAX_NAMES) return 'other';
    this.#names.add(name);
    return name;
  }
}
