/**
 * GET /readyz: whether requests can be served now. Receives the pool; answers 200 {"status":"ready"} or
 * 503 with Retry-After and the reasons: the database, its schema, the doctor.
 *
 * A database that is behind the code, or has run other migrations, makes a production server not ready.
 * One that is ahead does not: while a deployment is under way that is every server still serving.
 *
 * Each probe asks the database one small question; what the doctor says is kept for a while, so that
 * probes stay cheap. The doctor's errors are named by code only, because anybody may ask here. They make
 * a production server not ready; outside production they are listed beside "ready", since a developer
 * in the middle of a change still wants answers. Warnings are no reason.
 */
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';
import { errorsOf, examineServer } from '../doctor/doctor.ts';
import { serverDrift } from '../migrate/boot-drift.ts';
import type { Committed } from '../migrate/committed.ts';
import { describeDrift } from '../migrate/drift.ts';

export interface ReadinessOptions {
  readonly pool: Pool;
  readonly production: boolean;
  /** The migrations that the code was written for. */
  readonly committed: () => readonly Committed[];
  readonly log: (line: string) => void;
  /** How long a verdict of the doctor is kept, in milliseconds. */
  readonly keepMs?: number;
}

/** A probe that waits longer than this is given up by whoever sent it. */
const PATIENCE_MS = 2000;

const KEEP_MS = 10_000;

const RETRY_AFTER_SECONDS = 5;

export function readiness(options: ReadinessOptions): RequestHandler {
  const { pool, production, log } = options;
  const verdict = kept(options.keepMs ?? KEEP_MS, async () => ({
    codes: [...new Set(errorsOf(await examineServer(pool)).map(({ code }) => code))],
    drifts: await serverDrift(pool, options.committed()),
  }));

  const check = async (): Promise<{ reasons: string[]; findings: string[] }> => {
    try {
      if (!(await hasSchema(pool))) return { reasons: ['schema missing'], findings: [] };
      const { codes, drifts } = await verdict();
      const grave = drifts.filter(({ kind }) => kind === 'behind' || kind === 'edited');
      const reasons = [...codes.map((code) => `doctor: ${code}`), ...grave.map(describeDrift)];
      return {
        reasons: production ? reasons : [],
        findings: [...codes, ...drifts.map(describeDrift)],
      };
    } catch (error) {
      log(`not ready: ${error instanceof Error ? error.message : error}`);
      return { reasons: ['database unreachable'], findings: [] };
    }
  };

  // Probes that come while one is waiting share its answer: on a database that hangs they must not
  // take one connection each.
  let asking: ReturnType<typeof check> | undefined;
  const ask = () => {
    asking ??= check().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  return async (_request, response) => {
    const late = { reasons: ['database unreachable'], findings: [] };
    const { reasons, findings } = await within(PATIENCE_MS, ask(), late);
    response.set('Cache-Control', 'no-store');
    if (reasons.length > 0) {
      response.status(503).set('Retry-After', String(RETRY_AFTER_SECONDS));
      response.json({ status: 'unavailable', reasons });
    } else {
      response.json({ status: 'ready', ...(findings.length > 0 && { findings }) });
    }
  };
}

/** The function that the first request of everybody calls. */
async function hasSchema(pool: Pool): Promise<boolean> {
  const { rows } = await askBriefly<{ there: boolean }>(
    pool,
    "select to_regprocedure('app_private.ensure_user(integer, text, timestamptz)') is not null as there",
  );
  return rows[0]?.there ?? false;
}

/** One call at a time, its result kept for `ms`; a failure is not kept. */
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
