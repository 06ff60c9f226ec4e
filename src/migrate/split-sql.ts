/**
 * SQL text → its statements and where each begins, for telling a person which one failed. It knows just
 * enough of the language not to be misled by a semicolon in a text, a comment or a function's body.
 */

export interface Statement {
  readonly text: string;
  /** Characters before its first word. */
  readonly offset: number;
}

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|[a-z_]\w*|\s+|[\s\S]/giy;

export function statementsOf(sql: string): Statement[] {
  const statements: Statement[] = [];
  let begin: number | undefined;
  let end = 0;
  let words: string[] = [];
  /** How deep inside `begin atomic … end`, where semicolons separate nothing of ours. */
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
