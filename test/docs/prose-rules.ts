/**
 * Rules for the prose of a document: each takes a document and returns its mistakes, one sentence each.
 * No rule reads the network.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { ROOT } from '../support/process.ts';
import { anchorsOf, type Document, FOLLOWED, inlineCodeOf, linksOf, partsOf } from './markdown.ts';

export type Rule = (document: Document) => string[];

/** Relative links lead to a file or folder, and to one of its headings where they name one. */
export const deadLinks: Rule = (document) =>
  linksOf(document)
    .filter((target) => !/^(https?|mailto):/.test(target))
    .flatMap((target) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? document.path : posix.join(posix.dirname(document.path), file);
      if (file !== '' && !existsSync(join(ROOT, path)))
        return [`the link ${target} leads to no file`];
      if (anchor === undefined || !path.endsWith('.md')) return [];
      const text = file === '' ? document.text : readFileSync(join(ROOT, path), 'utf8');
      return anchorsOf({ path, text }).has(anchor) ? [] : [`the link ${target} names no heading`];
    });

/** First folders of the repository. A path in inline code or in a command that begins so is one of its files. */
const PATH = /^(?:\.?\/)?(?:src|test|docs|migrations|bench|examples|\.ci)\/[\w./@*{},-]*$/;

/** Made by a command and never committed; in the application of a reader: by graphql-codegen and npm run client. */
const GENERATED = /^(bench\/generated|\.data|src\/gql|src\/rowguard)(\/|$)/;

/** Files and folders in inline code and commands exist, by their path or, for tests, by their name. */
export const missingFiles: Rule = (document) => {
  const commands = partsOf(document).blocks.filter(({ language }) => language === 'sh');
  const words = [...inlineCodeOf(document), ...commands.map(({ code }) => code)].flatMap((code) =>
    code.split(/[\s"'();]+/),
  );
  return [...new Set(words)].flatMap((word) => {
    const path = word.replace(/:\d+$/, '').replace(/[.,:]+$/, '');
    const patterns = PATH.test(path)
      ? [path, posix.join(posix.dirname(document.path), path)]
      : /^[\w.-]+\.test\.ts$/.test(path)
        ? [`test/**/${path}`]
        : undefined;
    // A tutorial names the migration that its reader is about to commit.
    const coming = FOLLOWED.includes(document.path) && path.startsWith('migrations/committed/');
    // A page that prints a file for an application names it after its block.
    const printed = partsOf(document).blocks.some((block) => block.word === path);
    if (!patterns || coming || printed || GENERATED.test(path)) return [];
    if (globSync(patterns, { cwd: ROOT }).length > 0) return [];
    return [`${path} does not exist`];
  });
};

const scriptsIn = (folder: string): string[] =>
  Object.keys(
    (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts?: object })
      .scripts ?? {},
  );

/** The npm scripts that a page's reader can run: the repository's, and its example's. */
function scriptsFor(path: string): Set<string> {
  const own = join(ROOT, dirname(path));
  const here = existsSync(join(own, 'package.json')) ? scriptsIn(own) : [];
  return new Set([...scriptsIn(ROOT), ...here]);
}

let dbCommands: Set<string> | undefined;

/** The commands that `npm run db -- --help` lists. */
function commandsOfDb(): Set<string> {
  dbCommands ??= new Set(
    [
      ...execFileSync(process.execPath, [join(ROOT, 'src/cli/db.ts'), '--help'], {
        encoding: 'utf8',
      }).matchAll(/^ {2}([a-z]+)/gm),
    ].map(([, name = '']) => name),
  );
  return dbCommands;
}

/** `npm run x` is a script of package.json, and `npm run db -- x` a command of it. */
export const missingCommands: Rule = (document) => {
  const scripts = scriptsFor(document.path);
  const text = document.text.replace(/\s+/g, ' ');
  const runs = [...text.matchAll(/npm run (?:(?:--silent|-s|--prefix \S+) )*([a-z][\w:-]*)/g)];
  const db = [...text.matchAll(/npm run (?:--silent )?db -- ([a-z]+)/g)];
  return [
    ...runs.filter(([, name = '']) => !scripts.has(name)).map(([run]) => `there is no ${run}`),
    ...db.filter(([, name = '']) => !commandsOfDb().has(name)).map(([run]) => `there is no ${run}`),
  ];
};

const MAX_LENGTH = 120;

/**
 * Lines outside of blocks have at most 120 characters. Not counted: rows of tables, which Markdown can
 * not break, and lines that are one single link or piece of code.
 */
export const longLines: Rule = (document) =>
  partsOf(document)
    .prose.filter(({ text }) => [...text].length > MAX_LENGTH && !/^\s*\|/.test(text))
    .filter(({ text }) => {
      const joined = text.trim().replace(/^([-*>]|\d+\.) +/, '');
      const whole = joined.replace(/`[^`]+`|\[[^\]]*\]\([^)]*\)|<[^>]+>/g, 'x');
      return /\s/.test(whole);
    })
    .map(({ number, text }) => `line ${number} has ${[...text].length} characters`);
