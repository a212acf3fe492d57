/** `*`, `+` and `{n,}` are read as at most so many. */
const MOST_REPEATS = 128;
const MOST_BRANCHES = 64;
/** So many ways to share a text between repeats are tried in no time. */
const MOST_WAYS = 400;

interface Atom {
  /** Source of an expression for one character. */
  readonly source: string;
  readonly isVariable: boolean;
  readonly isOptional: boolean;
  readonly most: number;
}

/**
 * Why an expression could take long on some text; undefined: it cannot. Refused are references back, looking around, repeats
 * within repeats, and two repeats in a row that can match the same characters, since those are what makes matching
 * polynomial or worse.
 */
export function patternProblem(source: string): string | undefined {
  try {
    new RegExp(source);
  } catch (error) {
    return (error as Error).message;
  }
  if (/\\[1-9]|\\k</.test(source)) return 'references to groups (\\1) are not allowed';
  if (/\(\?(?!:)/.test(source)) return 'groups of a special kind, such as looking around, are not allowed';
  if (new RegExp(source).test('')) return 'the expression matches the empty text';
  const branches = new Branches(source);
  const problem = branches.problem();
  if (problem !== undefined) return problem;
  for (const branch of branches.all) {
    const twice = ambiguous(branch);
    if (twice !== undefined) return twice;
  }
  return undefined;
}

/** The same expression with an end to each repeat. */
export function bounded(source: string): string {
  return source.replace(/\\.|\[(?:\\.|[^\]\\])*\]|[*+]|\{(\d+),\}/g, (part, least: string | undefined) => {
    if (part === '*') return `{0,${MOST_REPEATS}}`;
    if (part === '+') return `{1,${MOST_REPEATS}}`;
    return least === undefined ? part : `{${least},${Math.max(Number(least), MOST_REPEATS)}}`;
  });
}

const TOKEN =
  /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)|\[(?:\\.|[^\]\\])*\]|\(\?:|[()|^$]|[*+?]\??|\{\d+(?:,\d*)?\}\??|[\s\S]/g;
const QUANTIFIER = /^(?:[*+?]\??|\{\d+(?:,\d*)?\}\??)$/;

/** All ways through an expression, each as the characters in a row that it matches. */
class Branches {
  readonly #tokens: readonly string[];
  #at = 0;
  #problem: string | undefined;
  readonly all: readonly (readonly Atom[])[];

  constructor(source: string) {
    this.#tokens = source.match(TOKEN) ?? [];
    this.all = this.#alternatives();
  }
  problem(): string | undefined {
    return this.#problem;
  }

  #alternatives(): Atom[][] {
    const all: Atom[][] = [];
    for (;;) {
      all.push(...this.#sequence());
      if (all.length > MOST_BRANCHES) this.#problem ??= 'the expression has too many alternatives';
      if (this.#tokens[this.#at] !== '|' || this.#problem !== undefined) return all.slice(0, MOST_BRANCHES);
      this.#at++;
    }
  }

  #sequence(): Atom[][] {
    let ways: Atom[][] = [[]];
    for (
      let token = this.#tokens[this.#at];
      token !== undefined && token !== '|' && token !== ')';
      token = this.#tokens[this.#at]
    ) {
      this.#at++;
      if (token === '^' || token === '$' || token === '\\b' || token === '\\B') continue;
      let inner: Atom[][];
      if (token === '(' || token === '(?:') {
        inner = this.#alternatives();
        this.#at++;
        const most = repeats(this.#quantifier());
        if (
          most.most > 1 &&
          (most.most !== most.least ||
            inner.length > 1 ||
            inner.some((way) => way.some(({ isVariable }) => isVariable)))
        )
          this.#problem ??=
            'a group that repeats may hold no repeats and no alternatives, and must repeat a fixed number of times';
        if (most.least === 0) inner = [...inner, []];
      } else {
        const { least, most } = repeats(this.#quantifier());
        inner = [[{ source: token, isVariable: least !== most, isOptional: least === 0, most }]];
      }
      ways = ways.flatMap((way) => inner.map((more) => [...way, ...more]));
      if (ways.length > MOST_BRANCHES) {
        this.#problem ??= 'the expression has too many alternatives';
        ways = ways.slice(0, MOST_BRANCHES);
      }
    }
    return ways;
  }

  #quantifier(): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !QUANTIFIER.test(token)) return undefined;
    this.#at++;
    return token;
  }
}

function repeats(quantifier: string | undefined): { readonly least: number; readonly most: number } {
  if (quantifier === undefined) return { least: 1, most: 1 };
  const sign = quantifier[0]!;
  if (sign === '?') return { least: 0, most: 1 };
  if (sign === '*' || sign === '+') return { least: sign === '*' ? 0 : 1, most: MOST_REPEATS };
  const [, least = '1', comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(quantifier)!;
  return { least: Number(least), most: comma === '' ? Number(least) : most === '' ? MOST_REPEATS : Number(most) };
}

/** Characters to try a class with: all of ASCII, and some beyond. */
const TRIED = [...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)), ...'é中я\u00a0，'];
const matches = (source: string): ReadonlySet<string> => {
  const expression = new RegExp(`^(?:${source})$`, 's');
  return new Set(TRIED.filter((character) => expression.test(character)));
};

function ambiguous(atoms: readonly Atom[]): string | undefined {
  let open: { readonly source: string; readonly set: ReadonlySet<string>; readonly most: number }[] = [];
  for (const atom of atoms) {
    const set = matches(atom.source);
    if (atom.isVariable) {
      const same = open.filter((each) => [...set].some((character) => each.set.has(character)));
      if (same.reduce((ways, { most }) => ways * most, atom.most) > MOST_WAYS && same.length > 0)
        return `${same[0]!.source} and ${atom.source} both repeat and can match the same characters: put something else between them`;
      open.push({ source: atom.source, set, most: atom.most });
    }
    // What must stand there and is in neither ends what came before.
    if (!atom.isOptional)
      open = open.filter((each) => each.set === set || [...set].some((character) => each.set.has(character)));
  }
  return undefined;
}
