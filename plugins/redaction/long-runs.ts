const isOfRun = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-')
  isOfRun[character.charCodeAt(0)] = 1;
const inRun = (text: string, at: number): boolean => isOfRun[text.charCodeAt(at)] === 1;

/** Where so many letters, digits and `+/_-` or more stand in a row; looks at few of the others. */
export function longRuns(text: string, least: number): (readonly [start: number, end: number])[] {
  const all: (readonly [number, number])[] = [];
  for (let at = least - 1; at < text.length; at += least) {
    if (!inRun(text, at)) continue;
    let start = at;
    while (start > 0 && inRun(text, start - 1)) start--;
    let end = at + 1;
    while (end < text.length && inRun(text, end)) end++;
    if (end - start >= least) all.push([start, end]);
    at = end - 1;
  }
  return all;
}
