/**
 * GET /readyz: whether requests can be served now. Takes the pool; answers 200 {"status":"ready"} or 503
 * with Retry-After and the reasons. In production it must never show the doctor's codes, the drift or the
 * database's state to a client without METRICS_TOKEN: they describe how to attack.
 *
 * A probe runs one small query that waits for no lock. What the doctor and the migrations say is worked out
 * beside it, at most every ten seconds. They read the tables' definitions, so a statement that holds a table
 * (a migration, a vacuum full) delays them; the probe then goes by what they said last. A database without an
 * answer is a reason, an answer that is late is none.
 *
 * In production a database makes the server not ready if rows are in danger (an error of the doctor), or if it
 * lacks a migration or has run another one. A database with newer migrations does not: during a deployment
 * every old server sees such a database. Nor does a standby, which still answers queries. Outside production
 * errors are listed beside "ready", because a developer in the middle of a change still needs answers.
 */
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';
import { isLoginRefused, unavailableReason } from '../database/unavailable.ts';
import { errorsOf, examineServer } from '../doctor/doctor.ts';
import { serverDrift } from '../migrate/boot-drift.ts';
import type { Committed } from '../migrate/committed.ts';
import { describeDrift } from '../migrate/drift.ts';
import { isOperator } from './operator.ts';
import { kept, within } from './verdict.ts';

export interface ReadinessOptions {
  readonly pool: Pool;
  readonly production: boolean;
  /** METRICS_TOKEN. undefined: in production nobody gets the details. */
  readonly token?: string | undefined;
  /** The migrations that the code was written for. */
  readonly committed: () => readonly Committed[];
  readonly log: (line: string) => void;
  /** How long the doctor's result is cached, in milliseconds. */
  readonly keepMs?: number;
}

/** In milliseconds. Load balancers give up on a probe that takes longer. */
const PATIENCE_MS = 2000;

/** How long a probe waits for a new verdict before it goes by the last one, in milliseconds. */
const VERDICT_MS = 1000;

const KEEP_MS = 10_000;

const RETRY_AFTER_SECONDS = 5;

/** For clients without METRICS_TOKEN, in place of the doctor's codes and the drift. */
const NEUTRAL = 'database not as expected';

/** For the same clients, in place of the reason. */
const UNREACHABLE = 'database unreachable';

export function readiness(options: ReadinessOptions): RequestHandler {
  const { pool, production, log } = options;
  const verdicts = kept(
    options.keepMs ?? KEEP_MS,
    async () => ({
      codes: [...new Set(errorsOf(await examineServer(pool)).map(({ code }) => code))],
      drifts: await serverDrift(pool, options.committed()),
    }),
    (error) => log(`/readyz goes by the last verdict: ${messageOf(error)}`),
  );

  const check = async (): Promise<Health> => {
    let state: State;
    try {
      state = await stateOf(pool);
    } catch (error) {
      log(`not ready: ${messageOf(error)}`);
      return notReady(reasonOf(error));
    }
    if (!state.migrated) return { ...notReady('schema missing'), open: ['schema missing'] };
    const verdict = await verdicts.newest(VERDICT_MS);
    const { codes = [], drifts = [] } = verdict ?? {};
    const grave = drifts.filter(({ kind }) => kind === 'behind' || kind === 'edited');
    const reasons = [...codes.map((code) => `doctor: ${code}`), ...grave.map(describeDrift)];
    return {
      reasons: production ? reasons : [],
      open: production && reasons.length > 0 ? [NEUTRAL] : [],
      findings: [
        ...(verdict ? [] : ['doctor: no answer yet']),
        ...codes,
        ...drifts.map(describeDrift),
        ...(state.standby ? ['database is a standby: read only'] : []),
        ...(state.readOnly && !state.standby ? ['database is read only'] : []),
      ],
    };
  };

  // Simultaneous probes share one answer. On a database that hangs they must not take a connection each.
  let asking: ReturnType<typeof check> | undefined;
  const ask = () => {
    asking ??= check().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  const late = () => notReady(pool.waitingCount > 0 ? 'no free connection' : 'database silent');

  return async (request, response) => {
    const health = (await within(PATIENCE_MS, ask())) ?? late();
    const detailed = !production || isOperator(request, options.token);
    const reasons = detailed ? health.reasons : health.open;
    const findings = detailed ? health.findings : [];
    response.set('Cache-Control', 'no-store');
    if (reasons.length > 0) {
      response.status(503).set('Retry-After', String(RETRY_AFTER_SECONDS));
      response.json({ status: 'unavailable', reasons });
    } else {
      response.json({ status: 'ready', ...(findings.length > 0 && { findings }) });
    }
  };
}

interface Health {
  readonly reasons: readonly string[];
  /** The same for a client without METRICS_TOKEN. */
  readonly open: readonly string[];
  readonly findings: readonly string[];
}

const notReady = (reason: string): Health => ({
  reasons: [reason],
  open: [UNREACHABLE],
  findings: [],
});

interface State {
  /** Whether the function exists that the first request of every person calls. */
  readonly migrated: boolean;
  readonly standby: boolean;
  /** A standby always is. Otherwise somebody set it, for the database or the login. */
  readonly readOnly: boolean;
}

/** No lock on a table, whatever happens to the tables. */
async function stateOf(pool: Pool): Promise<State> {
  const { rows } = await askBriefly<State>(
    pool,
    `select to_regprocedure('app_private.ensure_user(integer, text, timestamptz)') is not null as migrated,
      pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as "readOnly"`,
  );
  return rows[0] ?? { migrated: false, standby: false, readOnly: false };
}

/** Why there was no answer, for the operator. */
function reasonOf(error: unknown): string {
  if (isLoginRefused(error)) return 'database refuses the login of the server';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === '3D000') return 'database missing';
  if (code === '53300') return 'database has no connection left';
  if (unavailableReason(error) === 'BUSY') return 'no free connection';
  return UNREACHABLE;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
