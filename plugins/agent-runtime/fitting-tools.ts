import type { PlaneTool } from '#plugins/tool-client/api';

const RARE = 0.5;

/** The tools whose words (Chinese: pairs of characters) the text shares most, weighted by how rare the words are. */
export function fitting(text: string, tools: readonly PlaneTool[], most: number): readonly PlaneTool[] {
  if (most <= 0) return [];
  const wanted = new Set(terms(text));
  const bags = tools.map((tool) => new Set(terms(`${tool.name} ${tool.description} ${tool.capabilities.join(' ')}`)));
  const inTools = new Map<string, number>();
  for (const bag of bags) for (const term of bag) if (wanted.has(term)) inTools.set(term, (inTools.get(term) ?? 0) + 1);
  const weight = (term: string): number =>
    Math.log(1 + (tools.length - inTools.get(term)! + RARE) / (inTools.get(term)! + RARE));
  const score = bags.map((bag) => [...bag].reduce((sum, term) => (wanted.has(term) ? sum + weight(term) : sum), 0));
  const order = tools.map((_, at) => at).sort((a, b) => score[b]! - score[a]! || a - b);
  return order.slice(0, most).map((at) => tools[at]!);
}

function terms(text: string): string[] {
  const found: string[] = [];
  for (const [word] of text
    .toLowerCase()
    .normalize('NFKC')
    .matchAll(/\p{Script=Han}+|[\p{L}\p{N}]{2,}/gu)) {
    if (!/\p{Script=Han}/u.test(word)) found.push(word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/, '') : word);
    else for (let at = 0; at < word.length - 1; at++) found.push(word.slice(at, at + 2));
  }
  return found;
}
