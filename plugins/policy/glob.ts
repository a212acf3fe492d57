/** `*` stands for any text. In steps that grow with the product of both lengths at most, whatever the pattern. */
export function matches(pattern: string, text: string): boolean {
  let [p, t] = [0, 0];
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** The first pattern that names this server, or this version of it. */
export const named = (patterns: readonly string[], subject: string, version?: string): string | undefined =>
  patterns.find(
    (pattern) => matches(pattern, subject) || (version !== undefined && matches(pattern, `${subject}@${version}`)),
  );
