import type { ImportedRun } from '#plugins/trajectory-formats/api';
import type { Turn } from './turns.ts';

/** Codes, long numbers and sums: what a user does not choose, but reads off an answer. Dates, times and small numbers are none. */
const VALUE =
  /(?:[$€£¥￥]\s?\d[\d,.]*\d|[$€£¥￥]\s?\d)|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z_])[\w-]{4,}\b|\b[A-Z]{1,3}\d{1,4}\b|\b\d{5,}\b|\b[A-Z]{5,}\b/g;
const NO_VALUE =
  /^(?:\d{1,4}(?:st|nd|rd|th|am|pm|km|kg|usd|cny|gb|mb|px|min|hours?|days?)|\d{4}-\d{2}-\d{2}|(?:covid|mp|h|utf|sha|md|ipv|es|gpt)-?\d+\w*|\d+-\w+)$/i;

/** Values in a text of the user that stand there only because a tool or the agent had told them before. */
export function revealedValues(
  text: string,
  turn: Turn,
  turns: readonly Turn[],
  run: Pick<ImportedRun, 'messages'>,
): string[] {
  const values = [...new Set(text.match(VALUE) ?? [])].filter((value) => !NO_VALUE.test(value));
  return values.filter((value) => {
    if (turns.some((earlier) => earlier.at < turn.at && earlier.text.includes(value))) return false;
    for (let at = 0; at < turn.at; at++) {
      const { role, text: said } = run.messages[at]!;
      if ((role === 'tool' || role === 'assistant') && said.includes(value)) return true;
    }
    return false;
  });
}

/** A sentence without the mention of a value; undefined where nothing is left to say. */
export function withoutValue(sentence: string, value: string): string | undefined {
  const escaped = value.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const mention = new RegExp(
    String.raw`\s*(?:,\s*)?\(?(?:\b(?:connected|associated|linked|tied|registered)\s+)?(?:\b(?:with|of|for|under|by|using|from|on|to|in|at)\s+)?(?:\b(?:the|my|a|an|reservation|booking|order|flight|confirmation|ticket|item|id|ids|number|code|reference)\b[\s:#]*){0,5}["'(]?${escaped}["')]?(?=[\s,.;!?)]|$)`,
    'i',
  );
  const named = new RegExp(String.raw`\b(the|my|this) ${escaped} (?=[a-z]{3,})`, 'i');
  const rest = sentence
    .replace(named, '$1 ')
    .replace(mention, '')
    .replace(/\s+([,.!?])/g, '$1')
    .replace(/^((?:please )?\w+) and\b/i, '$1 it and')
    .trim();
  return rest.split(/\s+/).length < 3 ||
    rest.includes(value) ||
    /\b(?:the|and|a|of|with|book|take|choose|is|flight|option)[.!?]*$/i.test(rest)
    ? undefined
    : rest;
}

const ASKED =
  /\b(?:your|the)\s+((?:user|reservation|booking|order|account|customer|member(?:ship)?|confirmation|tracking|phone|e-?mail|zip|postal|full|passport)\s?(?:id|number|code|name|address)?)\b/gi;
const BARE_ANSWER = /^(?:it(?:'s| is)|that(?:'s| is| would be)|here(?:'s| it is):?)\s+(?=\S*[\d_@<]\S*[.!]?$)/i;

/** "It's 4711" with what was asked for by the agent before: "My order number is 4711". */
export function answerNamed(sentence: string, turn: Turn, run: Pick<ImportedRun, 'messages'>): string {
  const answer = sentence.replace(/[.!]$/, '');
  const bare =
    (/^[^\s,]*[\d_][^\s,]*$/.test(answer) && /[a-z]/i.test(answer) && answer.length > 4) ||
    /^[+#(]?\d[\d ()-]{4,18}\d$/.test(answer);
  if (!bare && !BARE_ANSWER.test(sentence)) return sentence;
  for (let at = turn.at - 1; at >= 0; at--) {
    const { role, text } = run.messages[at]!;
    if (role !== 'assistant' || text === '') continue;
    const asked = [...text.matchAll(ASKED)].at(-1)?.[1];
    return asked === undefined
      ? sentence
      : `My ${asked.toLowerCase().replace(/\bid\b/, 'ID')} is ${sentence.replace(BARE_ANSWER, '')}`;
  }
  return sentence;
}
