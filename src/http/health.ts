/**
 * GET /readyz: whether requests can be served now. Takes the pool; answers 200 {"status":"ready"} or 503
 * with Retry-After and the reasons: the database, its schema, the doctor. In production it must never show
 * the doctor's codes or the drift to a client without METRICS_TOKEN: they describe how to attack.
 *
 * In production a database makes the server not ready if it lacks a migration or has run another one. A
 * database with newer migrations does not: during a deployment every old server sees such a database.
 *
 * Each probe runs one small query, and the result of the doctor is cached. Errors of the doctor make a
 * production server not ready. Outside production they are listed beside "ready", because a developer in the
 * middle of a change still needs answers. Warnings are not reported.
 */
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';
import { errorsOf, examineServer } from '../doctor/doctor.ts';
import { serverDrift } from '../migrate/boot-drift.ts';
import type { Committed } from '../migrate/committed.ts';
import { describeDrift } from '../migrate/drift.ts';
import { isOperator } from './operator.ts';

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

const KEEP_MS = 10_000;

const RETRY_AFTER_SECONDS = 5;

/** In place of the doctor's codes and the drift. */
const NEUTRAL = 'database not as expected';

export function readiness(options: ReadinessOptions): RequestHandler {
  const { pool, production, log } = options;
  const verdict = kept(options.keepMs ?? KEEP_MS, async () => ({
    codes: [...new Set(errorsOf(await examineServer(pool)).map(({ code }) => code))],
    drifts: await serverDrift(pool, options.committed()),
  }));

  const check = async (): Promise<Health> => {
    try {
      if (!(await hasSchema(pool))) return notReady('schema missing');
      const { codes, drifts } = await verdict();
      const grave = drifts.filter(({ kind }) => kind === 'behind' || kind === 'edited');
      const reasons = [...codes.map((code) => `doctor: ${code}`), ...grave.map(describeDrift)];
      return {
        reasons: production ? reasons : [],
        open: production && reasons.length > 0 ? [NEUTRAL] : [],
        findings: [...codes, ...drifts.map(describeDrift)],
      };
    } catch (error) {
      log(`not ready: ${error instanceof Error ? error.message : error}`);
      return notReady('database unreachable');
    }
  };

  // Simultaneous probes share one answer. On a database that hangs they must not take a connection each.
  let asking: ReturnType<typeof check> | undefined;
  const ask = () => {
    asking ??= check().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  return async (request, response) => {
    const late = notReady('database unreachable');
    const health = await within(PATIENCE_MS, ask(), late);
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

const notReady = (reason: string): Health => ({ reasons: [reason], open: [reason], findings: [] });

/** Whether the function exists that the first request of every person calls. */
async function hasSchema(pool: Pool): Promise<boolean> {
  const { rows } = await askBriefly<{ there: boolean }>(
    pool,
    "select to_regprocedure('app_private.ensure_user(integer, text, timestamptz)') is not null as there",
  );
  return rows[0]?.there ?? false;
}

/** Caches the result of `work` for `ms` milliseconds. A failure is not cached. */
function kept<T>(ms: number, work: () => Promise<T>): () => Promise<T> {
  let last: { readonly result: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (last && Date.now() < last.until) return last.result;
    const result = work();
    const mine = { result, until: Date.now() + ms };
    last = mine;
    result.catch(() => {
      if (last === mine) last = undefined;
    });
    return result;
  };
}

async function within<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, otherwise);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
