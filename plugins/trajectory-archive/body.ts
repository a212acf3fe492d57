import { zstdDecompressSync } from 'node:zlib';
import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';

/** A value, or the index of the shared text that holds it; none of these values is a number itself. */
export type Elsewhere<T> = T | number;

/** A run as it is kept. */
export type BodyRun = Omit<ImportedRun, 'request' | 'messages' | 'outcome' | 'toolDefinitions' | 'reference'> & {
  request: Elsewhere<string>;
  messages: BodyMessage[];
  outcome: Omit<ImportedRun['outcome'], 'answer'> & { answer?: Elsewhere<string> };
  toolDefinitions?: Elsewhere<object>;
  reference?: Elsewhere<object>;
};
export type BodyMessage = Omit<RunMessage, 'text' | 'reasoning'> & {
  text: Elsewhere<string>;
  reasoning?: Elsewhere<string>;
};

export const textOf = (data: Uint8Array): string => zstdDecompressSync(data).toString('utf8');

/** The run that was packed, put together in place. `textAt` gives shared texts by their index. */
export function unpack(data: Uint8Array, textAt: (index: number) => string): ImportedRun {
  const run = JSON.parse(textOf(data)) as BodyRun;
  const json = (index: number): object => JSON.parse(textAt(index)) as object;
  if (typeof run.request === 'number') run.request = textAt(run.request);
  if (typeof run.outcome.answer === 'number') run.outcome.answer = textAt(run.outcome.answer);
  if (typeof run.toolDefinitions === 'number') run.toolDefinitions = json(run.toolDefinitions);
  if (typeof run.reference === 'number') run.reference = json(run.reference);
  for (const message of run.messages) {
    if (typeof message.text === 'number') message.text = textAt(message.text);
    if (typeof message.reasoning === 'number') message.reasoning = textAt(message.reasoning);
  }
  return run as ImportedRun;
}
