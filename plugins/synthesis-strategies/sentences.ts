const END = /([.!?]+["'”’)\]]*)(?=\s)|[。！？；]+["'”’」』]*/g;
/** A full stop after these ends no sentence. */
const ABBREVIATION =
  /(?:\b(?:[a-z]\.[a-z]|e\.g|i\.e|a\.m|p\.m|mr|mrs|ms|dr|st|no|vs|etc|inc|ltd|co|jr|sr|approx|dept|est|fig)|^\d+|\b[A-Z])\.$/i;
const BULLET = /^\s*(?:\d{1,2}[.)、]|[-*•·]|\([a-z\d]\))\s+/;

/** Sentences and lines of a text in order, without the marks of lists. */
export function sentencesOf(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const rest = line.replace(BULLET, '').trim();
    if (rest === '') continue;
    let from = 0;
    for (const match of rest.matchAll(END)) {
      const to = match.index + match[0].length;
      const sentence = rest.slice(from, to).trim();
      if (match[1] === '.' && ABBREVIATION.test(sentence)) continue;
      if (sentence !== '') found.push(sentence);
      from = to;
    }
    const last = rest.slice(from).trim();
    if (last !== '') found.push(last);
  }
  return found;
}

/** Words in a form in which `booked`, `booking` and `books` are the same; Chinese is left out. */
export const stemsOf = (text: string): string[] => (text.toLowerCase().match(/[a-z\d&'-]+/g) ?? []).map(stem);

const stems = new Map<string, string>();
export function stem(word: string): string {
  let known = stems.get(word);
  if (known === undefined) {
    known = cut(word);
    // Words of a language are few; made-up ones must not fill the memory.
    if (stems.size > 20_000) stems.clear();
    stems.set(word, known);
  }
  return known;
}

function cut(word: string): string {
  const bare = word.replace(/'s?$/, '');
  if (bare.length < 4) return bare;
  const short = bare
    .replace(/ies$/, 'y')
    .replace(/(?<=s|x|ch|sh)es$/, '')
    .replace(/(?<![su])s$/, '');
  const root = short.length > 4 ? short.replace(/(?:ing|ed)$/, '') : short;
  const single = root !== short ? root.replace(/([bdglmnprt])\1$/, '$1') : root;
  return single.length > 3 ? single.replace(/e$/, '') : single;
}
