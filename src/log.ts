/**
 * The log. Takes lines and request entries, writes JSON (one object per line) in production and short text
 * lines in development. Must never get a whole request, its headers or the settings, so nothing has to be
 * redacted.
 */
import { pino } from 'pino';
import type { StatementEntry } from './database/statement-log.ts';
import type { RequestEntry } from './http/observe.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Log {
  info(line: string): void;
  warn(line: string): void;
  /** Probes and /metrics are requested every few seconds: with status 200 they are logged at level debug. */
  request(entry: RequestEntry): void;
  /**
   * At level debug each statement with its claim, rows and time; undefined at other levels. Parameter values are
   * what people wrote, so only development shows them.
   */
  readonly statement: ((entry: StatementEntry) => void) | undefined;
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
    statement:
      level === 'debug'
        ? json
          ? ({ values: _values, ...entry }) => out.debug(entry, 'statement')
          : (entry) => out.debug(describeStatement(entry))
        : undefined,
  };
}

/** Characters of one parameter. */
const LONGEST_VALUE = 200;

/** The statement as psql takes it, with the parameters below. */
function describeStatement({
  claim,
  sql,
  values,
  rows,
  failure,
  durationMs,
}: StatementEntry): string {
  const counted = rows === 1 ? '1 row' : `${rows} rows`;
  const head = [
    `sql  ${durationMs.toFixed(1)} ms`,
    claim === undefined ? 'no claim' : `claim ${claim}`,
    failure === undefined ? counted : `failed: ${failure}`,
  ];
  const shown = values.map((value, i) => {
    const text = JSON.stringify(value) ?? 'null';
    return `$${i + 1} = ${text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text}`;
  });
  return [head.join('  '), ...sql.trim().split('\n'), ...shown].join('\n  ');
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
  const { status, durationMs = 0, userId, kind, operation, method, path, outcome, refused } = entry;
  return [
    `${clock} ${status}`,
    `${durationMs.toFixed(1).padStart(7)} ms`,
    ...(userId === undefined ? [] : [`user ${userId}`]),
    kind ? `${kind} ${operation ?? '(anonymous)'}` : `${method} ${path}`,
    refused ? `${outcome}: ${refused}` : outcome,
  ].join('  ');
}
