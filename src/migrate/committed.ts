/**
 * Reads the committed migrations: the files that this code expects the database to have run. Takes the
 * folder migrations/, returns one entry per file. Changes nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { OperatorError } from '../errors.ts';
import { ROOT } from './root.ts';

export interface Committed {
  /** Name on the disk: 000003-task.sql. */
  readonly file: string;
  /** Name in graphile-migrate's table: 000003.sql. */
  readonly filename: string;
  readonly number: number;
  /** The hash that its header names as the file before; '-' in the first file. */
  readonly previous: string;
  /** The hash in the file's header. */
  readonly hash: string;
  /** The content does not match that hash. */
  readonly edited: boolean;
}

const FILE = /^(\d+)(?:-.*)?\.sql$/;
const HEADERS = /^((?:--! .*\n)+)\n([\s\S]*)$/;

/** In the order in which they run. Throws OperatorError where two files have one number. */
export function readCommitted(folder: string = join(ROOT, 'migrations')): Committed[] {
  const committed = listCommitted(folder);
  refuseEqualNumbers(committed);
  return committed;
}

/** graphile-migrate knows a migration by its number, so it cannot run two files with one number. */
export function refuseEqualNumbers(committed: readonly Committed[]): void {
  for (const [index, { number, file }] of committed.entries()) {
    const before = committed[index - 1];
    if (before?.number !== number) continue;
    throw new OperatorError(
      `Two committed migrations have the number ${number}: ${before.file} and ${file}.`,
      'move the one that no shared database has run to the end: npm run db -- renumber <file>. ' +
        'docs/conventions.md, "Two branches, one number".',
    );
  }
}

/** Like readCommitted, and accepts equal numbers: what a merge of two branches can leave. */
export function listCommitted(folder: string): Committed[] {
  const directory = join(folder, 'committed');
  try {
    const files = readdirSync(directory).filter((file) => FILE.test(file));
    return files.sort().map((file) => parse(file, readFileSync(join(directory, file), 'utf8')));
  } catch (cause) {
    throw new OperatorError(
      `The committed migrations cannot be read: ${(cause as Error).message}.`,
      'deploy the folder migrations/ together with src/.',
      { cause },
    );
  }
}

function parse(file: string, text: string): Committed {
  const [, headers = '', body = ''] = HEADERS.exec(text) ?? [];
  const header = (name: string) =>
    new RegExp(`^--! ${name}: (.*)$`, 'm').exec(headers)?.[1]?.trim();
  const previous = header('Previous') ?? '-';
  const hash = header('Hash') ?? '';
  // graphile-migrate's header for files edited on purpose.
  const allowed = /^--! AllowInvalidHash/m.test(headers);
  const actual = calculateHash(body, previous === '-' ? null : previous);
  const digits = FILE.exec(file)?.[1] ?? '';
  return {
    file,
    filename: `${digits}.sql`,
    number: Number(digits),
    previous,
    hash,
    edited: !allowed && actual !== hash,
  };
}
