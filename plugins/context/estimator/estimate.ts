import { FEATURES } from './features.ts';
import { scan } from './scan.ts';
import { TOKENIZERS, type Tokenizer } from './tokenizers.ts';
import { WEIGHTS } from './weights.ts';

const columns = new Map(
  TOKENIZERS.map((tokenizer, column) => [
    tokenizer,
    Float64Array.from(FEATURES, (feature) => WEIGHTS[feature][column]!),
  ]),
);
/** Of one UTF-16 unit in UTF-8. */
const MOST_BYTES = 3;
const counts = new Float64Array(FEATURES.length);

/** Tokens that the text is for a model with this tokenizer; a whole number, 0 for the empty text only. */
export function estimateTokens(text: string, tokenizer: Tokenizer = 'o200k'): number {
  if (text === '') return 0;
  const weights = columns.get(tokenizer)!;
  counts.fill(0);
  scan(text, counts);
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]! * weights[i]!;
  // No token is shorter than a byte.
  return Math.min(MOST_BYTES * text.length, Math.max(1, Math.round(sum)));
}
