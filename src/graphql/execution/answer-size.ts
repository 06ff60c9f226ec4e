/**
 * The size of an answer before it becomes JSON. One column can be in the answer under many aliases, so the JSON
 * may be many times as large as what the database has sent. Takes the data and a limit in bytes. Must never
 * build the JSON: its text alone could fill the memory.
 */
import type { Limits } from './limits.ts';

/** JSON writes a control character of one byte as \u0001. */
const BYTES_PER_CHARACTER = 6;
/** Three levels are a page, `edges` and `node`. The rows of a page can be in it twice: as `nodes` and in `edges`. */
const LEVELS_PER_PAGE = 3;

/**
 * Whether the JSON could have more than `maxAnswerBytes`. `received`: bytes from the database; 0 = unknown. The
 * names of fields are not counted: `maxRows` and the length of an alias bound them.
 */
export function mayExceed(received: number, limits: Limits): boolean {
  const { maxAliases, maxDepth, maxAnswerBytes } = limits;
  const copies = (1 + maxAliases) * 2 ** Math.floor(maxDepth / LEVELS_PER_PAGE);
  return received === 0 || received * copies * BYTES_PER_CHARACTER > maxAnswerBytes;
}

/** Whether the JSON of `data` has more than `limit` bytes. Counts until the limit, without recursion. */
export function exceeds(data: unknown, limit: number): boolean {
  let bytes = 0;
  const left = [data];
  while (left.length > 0) {
    const value = left.pop();
    if (Array.isArray(value)) {
      bytes += value.length + 1;
      for (const item of value) left.push(item);
    } else if (typeof value === 'object' && value !== null) {
      bytes += 1;
      for (const [name, field] of Object.entries(value)) {
        // Quotes, colon and comma.
        bytes += name.length + 4;
        left.push(field);
      }
    } else bytes += typeof value === 'string' ? bytesOf(value) : String(value).length;
    if (bytes > limit) return true;
  }
  return false;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const ESCAPED = /["\\\u0000-\u001f]/;

const bytesOf = (text: string): number =>
  ESCAPED.test(text) ? Buffer.byteLength(JSON.stringify(text)) : Buffer.byteLength(text) + 2;
