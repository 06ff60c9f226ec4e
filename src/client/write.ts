/**
 * Writes generated files. Takes their texts and a folder; each file begins with a line that has the hash of the
 * rest. Must never overwrite a file that was edited by hand or is not its own, unless `force` is set. If one file
 * cannot be written, none is.
 */
import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { OperatorError } from '../errors.ts';

export interface Target {
  readonly directory: string;
  /** Whether files that were edited by hand are overwritten. */
  readonly force: boolean;
}

/** Returns the names of the files that changed. */
export function writeFiles(files: ReadonlyMap<string, string>, target: Target): string[] {
  const directory = requireFolder(target.directory);
  const texts = [...files].map(([name, text]) => [name, withHeader(name, text)] as const);
  const changed = texts.filter(([name, text]) => read(join(directory, name)) !== text);
  const edited = changed.flatMap(([name]) => (isEdited(join(directory, name)) ? [name] : []));
  if (edited.length > 0 && !target.force) {
    throw new OperatorError(
      `Nothing was written: ${edited.join(', ')} in ${directory} ${edited.length === 1 ? 'is' : 'are'} not as npm run client wrote ${edited.length === 1 ? 'it' : 'them'}.`,
      'move your changes to another file, exclude the folder from your formatter, or overwrite them with --force.',
    );
  }
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of changed) writeFileSync(join(directory, name), text);
  return changed.map(([name]) => name);
}

/** The absolute path of a folder that exists or can be made. Its parent must exist: a mistake in a path is an error. */
export function requireFolder(path: string): string {
  const directory = resolve(path);
  if (existsSync(directory) && !isDirectory(directory)) {
    throw new OperatorError(`${directory} is not a folder.`, 'name a folder after --out.');
  }
  if (!isDirectory(dirname(directory))) {
    throw new OperatorError(
      `There is no folder ${dirname(directory)}.`,
      'name a folder of your project after --out, for example --out ../my-app/src/rowguard.',
    );
  }
  return directory;
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Git may give text files CRLF on Windows. */
const read = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n') : undefined;

function isEdited(path: string): boolean {
  const text = read(path);
  if (text === undefined) return false;
  const end = text.indexOf('\n') + 1;
  return text.slice(0, end) !== headerOf(path, text.slice(end));
}

const withHeader = (name: string, text: string): string => headerOf(name, text) + text;

const headerOf = (name: string, text: string): string =>
  `${name.endsWith('.graphql') ? '#' : '//'} Written by npm run client of Rowguard, which overwrites this file: ${hash('sha256', text, 'base64url').slice(0, 20)}\n`;
