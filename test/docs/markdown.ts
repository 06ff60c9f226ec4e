/**
 * The documents of the repository, in parts: fenced blocks, prose lines, links, anchors, inline code.
 * Takes Markdown as text; reads files only to list them. It knows the Markdown that is written here:
 * ATX headings, fences of three backticks, inline links.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/process.ts';

export interface Document {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

export const DOCUMENTS: readonly Document[] = globSync(
  ['*.md', 'docs/**/*.md', 'examples/**/*.md'],
  {
    cwd: ROOT,
    exclude: (name) => /(^|[\\/])node_modules$/.test(name),
  },
)
  .map((path) => path.replaceAll('\\', '/'))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

/** Pages whose SQL and GraphQL a test of their own follows from the first block to the last. */
export const FOLLOWED = ['docs/adding-a-table.md', 'docs/sharing.md'];

export interface Block {
  readonly language: string;
  /** What follows the language: `fragment` in ```sql fragment. */
  readonly word: string;
  readonly code: string;
  /** path:line of its opening fence. */
  readonly place: string;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

interface Parts {
  readonly blocks: readonly Block[];
  /** All lines outside of blocks. */
  readonly prose: readonly Line[];
}

export function partsOf({ path, text }: Document): Parts {
  const blocks: Block[] = [];
  const prose: Line[] = [];
  let open: { indent: number; language: string; word: string; line: number } | undefined;
  let code: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [fence, indent = '', language = '', word = ''] = /^( *)```(\S*) *(.*)$/.exec(line) ?? [];
    if (!open && fence !== undefined) {
      open = { indent: indent.length, language, word, line: index + 1 };
      code = [];
    } else if (open && fence !== undefined) {
      const place = `${path}:${open.line}`;
      blocks.push({ language: open.language, word: open.word, code: code.join('\n'), place });
      open = undefined;
    } else if (open) code.push(line.slice(open.indent));
    else prose.push({ number: index + 1, text: line });
  }
  if (open) throw new Error(`${path}:${open.line}: the block has no end`);
  return { blocks, prose };
}

const INLINE_CODE = /(?<!`)`([^`]+)`(?!`)/g;

/** Inline code of the prose; code that goes on in the next line is one piece. */
export const inlineCodeOf = (document: Document): string[] =>
  [...proseOf(document).matchAll(INLINE_CODE)].map(([, code = '']) => code.replace(/\s+/g, ' '));

/** Targets of inline links, as they are written. Not of links inside code. */
export const linksOf = (document: Document): string[] =>
  [
    ...proseOf(document)
      .replace(INLINE_CODE, '')
      .matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g),
  ].map(([, target = '']) => target);

const proseOf = (document: Document): string =>
  partsOf(document)
    .prose.map(({ text }) => text)
    .join('\n');

/** The anchors that GitHub makes of the headings. A heading that comes twice has -1 the second time. */
export function anchorsOf(document: Document): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of partsOf(document).prose) {
    const [, heading] = /^#{1,6} +(.+?) *#*$/.exec(text) ?? [];
    if (heading === undefined) continue;
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  for (const [, id = ''] of document.text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}
