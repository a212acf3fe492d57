import type { SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import type { RunMessage } from '#plugins/trajectory-formats/api';

/** All of a seed that an agent reads. */
export const textsOf = ({ description, constraints, success_criteria }: SeedDraft): readonly string[] => [
  description,
  ...constraints,
  ...success_criteria,
];

/** The run's own messages of one kind: demonstrations belong to another one. */
export const saidBy = ({ run }: SeedEvidence, role: RunMessage['role']): readonly string[] =>
  run.messages.filter((message) => message.role === role && message.demo !== true).map(({ text }) => text);

/** What the user said. */
export const userText = (evidence: SeedEvidence): string =>
  [evidence.run.request, ...saidBy(evidence, 'user')].join('\n');

/** Words alone, in small letters: spelling, markup and punctuation make no difference. */
export const wordsOnly = (text: string): string =>
  ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `;
