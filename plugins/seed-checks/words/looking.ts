/** Verbs in names of tools that only look, or work something out. A name without one of them may change anything. */
const LOOKS = new Set(
  `analyze analyse browse calc calculate calculator check compare compute count describe detect diff estimate evaluate examine
  explain extract fetch find get grep head info inspect list locate lookup measure parse query read recommend retrieve search
  select show stat stats status summarize tail think validate verify view`.split(/\s+/),
);
const CHANGES = new Set(
  `add book cancel change clear close commit create delete edit execute insert make merge move patch pay post publish purchase
  push put remove rename replace reset restart run save schedule send set start stop submit transfer update upload write`.split(
    /\s+/,
  ),
);

const kept = new Map<string, boolean>();
const MOST_KEPT = 10_000;

export function onlyLooks(tool: string): boolean {
  let looks = kept.get(tool);
  if (looks === undefined) {
    const words = tool
      .slice(tool.lastIndexOf('/') + 1)
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/);
    looks = words.some((word) => LOOKS.has(word)) && !words.some((word) => CHANGES.has(word));
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(tool, looks);
  }
  return looks;
}
