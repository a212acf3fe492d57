import { fault } from '#kernel';

/** A statement as both dialects want it: how many values it takes, and its text with `$1`, `$2`, ... for PostgreSQL. */
export interface Statement {
  readonly text: string;
  readonly numbered: string;
  readonly placeholders: number;
}

/**
 * What may hold a `?` or `;` that is not SQL: strings, quoted names, comments, and PostgreSQL's E'' and $tag$ strings.
 * An unfinished one reaches to the end, where the database itself refuses it.
 */
const OPAQUE =
  /(?<![\w$])[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|'[^']*(?:'|$)|"[^"]*(?:"|$)|--[^\n]*|\/\*|(?<![\w$])\$(?:[A-Za-z_]\w*)?\$|[?;]/g;

export function readStatement(text: string): Statement {
  let numbered = '';
  let placeholders = 0;
  let copied = 0;
  let ended = -1;
  OPAQUE.lastIndex = 0;
  for (let found = OPAQUE.exec(text); found !== null; found = OPAQUE.exec(text)) {
    const [part] = found;
    if (part === '?') {
      placeholders += 1;
      numbered += `${text.slice(copied, found.index)}$${placeholders}`;
      copied = OPAQUE.lastIndex;
    } else if (part === ';') {
      if (ended < 0) ended = OPAQUE.lastIndex;
    } else if (part === '/*') {
      OPAQUE.lastIndex = endOfComment(text, OPAQUE.lastIndex);
    } else if (part.startsWith('$')) {
      const end = text.indexOf(part, OPAQUE.lastIndex);
      OPAQUE.lastIndex = end < 0 ? text.length : end + part.length;
    }
  }
  // SQLite would run the first of several statements and silently leave out the rest.
  if (ended >= 0 && !isBlank(text.slice(ended)))
    throw fault('STORAGE_STATEMENT', 'one call takes one statement, and this text has several', {
      kind: 'invalid',
      hint: 'send them one by one inside `transaction`',
      data: { statement: text.slice(0, 200) },
    });
  return { text, numbered: numbered + text.slice(copied), placeholders };
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

const isBlank = (text: string): boolean => /^(?:\s|;|--[^\n]*|\/\*[\s\S]*?\*\/)*$/.test(text);

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
