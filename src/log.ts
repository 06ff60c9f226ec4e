/**
 * The log. Takes lines and request entries, writes JSON (one object per line) in production and short text
 * lines in development. Must never get a whole request, its headers or the settings, so nothing has to be
 * redacted.
 */
import { pino } from 'pino';
import type { RequestEntry } from './http/observe.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Log {
  info(line: string): void;
  warn(line: string): void;
  /** Probes and /metrics are requested every few seconds: with status 200 they are logged at level debug. */
  request(entry: RequestEntry): void;
}

const PROBES = new Set(['/livez', '/readyz', '/metrics']);

export interface LogOptions {
  readonly level: LogLevel;
  readonly json: boolean;
  readonly write: (text: string) => void;
}

export function openLog({ level, json, write }: LogOptions): Log {
  const options = {
    level,
    // No host name and no process id: the collector of the log adds its own.
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const out = pino(options, { write: json ? write : (text) => write(`${compact(text)}\n`) });
  return {
    info: (line) => out.info(line),
    warn: (line) => out.warn(line),
    request: (entry) =>
      PROBES.has(entry.path) && entry.status === 200
        ? out.debug(entry, 'request')
        : out.info(entry, 'request'),
  };
}

/** Example: 12:00:01 200    3.2 ms  user 1  query Tasks  ok */
function compact(json: string): string {
  const { time, level, msg, ...entry } = JSON.parse(json) as Partial<RequestEntry> & {
    time: string;
    level: string;
    msg: string;
  };
  const clock = time.slice(11, 19);
  if (entry.requestId === undefined) return level === 'info' ? msg : `${clock} ${level} ${msg}`;
  const { status, durationMs = 0, userId, kind, operation, method, path, outcome } = entry;
  return [
    `${clock} ${status}`,
    `${durationMs.toFixed(1).padStart(7)} ms`,
    ...(userId === undefined ? [] : [`user ${userId}`]),
    kind ? `${kind} ${operation ?? '(anonymous)'}` : `${method} ${path}`,
    outcome,
  ].join('  ');
}
