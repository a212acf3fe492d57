import { fault } from '#kernel';

/** A statement as both dialects want it: how many values it takes, and its text with `$1`, `$2`, ... for PostgreSQL. */
export interface Statement {
  readonly text: string;
  readonly numbered: string;
  readonly placeholders: number;
}

/**
 * What may hold a `?` or `;` that is not SQL: strings, quoted names, comments, and PostgreSQL's E'' and $tag$ strings.
 * An unfinished one reaches to the end, where the database itself refuses it. No alternative may backtrack.
 */
const TOKEN =
  /(?<![\w$])[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)|'[^']*(?:'|$)|"[^"]*(?:"|$)|--[^\n]*|\/\*|(?<![\w$])\$(?:[A-Za-z_]\w*)?\$|[?;]/g;

export function readStatement(text: string): Statement {
  let numbered = '';
  let placeholders = 0;
  let copied = 0;
  let ended = false;
  let several = false;
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    several ||= ended && /\S/.test(text.slice(at, found?.index));
    if (found === null) break;
    const [part] = found;
    at = endOf(text, part, TOKEN.lastIndex);
    if (part === '?') {
      placeholders += 1;
      numbered += `${text.slice(copied, found.index)}$${placeholders}`;
      copied = at;
    }
    if (part === ';') ended = true;
    else several ||= ended && !part.startsWith('--') && part !== '/*';
  }
  // SQLite would run the first of several statements and silently leave out the rest.
  if (several)
    throw fault('STORAGE_STATEMENT', 'one call takes one statement, and this text has several', {
      kind: 'invalid',
      hint: 'send them one by one inside `transaction`',
      data: { statement: text.slice(0, 200) },
    });
  return { text, numbered: numbered + text.slice(copied), placeholders };
}

function endOf(text: string, part: string, from: number): number {
  if (part === '/*') return endOfComment(text, from);
  if (!part.startsWith('$')) return from;
  const end = text.indexOf(part, from);
  return end < 0 ? text.length : end + part.length;
}

/** Comments nest in PostgreSQL. In SQLite they do not, but a nested one is nothing that anybody writes for both. */
function endOfComment(text: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  let depth = 1;
  for (let found = edge.exec(text); found !== null; found = edge.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return text.length;
}

/** Statements are few and repeat for ever: read once, kept up to a limit. */
export class Statements {
  readonly #known = new Map<string, Statement>();
  readonly #limit = 1_000;

  get(text: string): Statement {
    let statement = this.#known.get(text);
    if (statement === undefined) {
      statement = readStatement(text);
      if (this.#known.size >= this.#limit) this.#known.clear();
      this.#known.set(text, statement);
    }
    return statement;
  }
}
