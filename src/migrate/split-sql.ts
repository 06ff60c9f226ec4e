/**
 * Splits SQL text into statements. Takes the text, returns each statement with its offset, to report which
 * one failed. Ignores semicolons in strings, comments and function bodies; it does not check the syntax.
 */

export interface SqlPart {
  readonly text: string;
  /** Index of the statement in the text, in characters. */
  readonly offset: number;
}

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|[a-z_]\w*|\s+|[\s\S]/giy;

export function splitSql(sql: string): SqlPart[] {
  const statements: SqlPart[] = [];
  let begin: number | undefined;
  let end = 0;
  let words: string[] = [];
  /** Nesting inside `begin atomic … end`; semicolons there do not end the statement. */
  let depth = 0;
  const finish = () => {
    if (begin !== undefined) statements.push({ text: sql.slice(begin, end), offset: begin });
    begin = undefined;
    words = [];
    depth = 0;
  };
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    if (/^(--|\/\*|\s)/.test(token)) continue;
    if (token === ';' && depth === 0) {
      finish();
      continue;
    }
    begin ??= index;
    end = index + token.length;
    if (!/^[a-z_]\w*$/i.test(token)) continue;
    const word = token.toLowerCase();
    if (word === 'atomic' && words.at(-1) === 'begin') depth++;
    else if (depth > 0 && word === 'case') depth++;
    else if (depth > 0 && word === 'end') depth--;
    words.push(word);
  }
  finish();
  return statements;
}
