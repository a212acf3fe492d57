import type { z } from 'zod';
import type { Llm } from '#plugins/llm/api';
import type { Ask, Question, SeedEvidence } from '#plugins/synthesizer/api';
import type { RunMessage } from '#plugins/trajectory-formats/api';
import plugin from '../../../plugins/synthesis-strategies/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { evidence } from './runs.ts';

/** Only tells that a model is there: strategies may ask through `ask` alone. */
const llm = { model: () => 'scripted', profiles: ['default'] } as unknown as Llm;

export const open = async (config: z.input<typeof plugin.config> = {}, model = true) =>
  (await openPlugin(plugin, config, model ? { llm } : {})).plugin;

export const noModel: Ask = async () => {
  throw new Error('no strategy without a model asks one');
};

/** A model whose answers are made by a script, and which keeps what it was asked. */
export function scripted(answer: (question: Question<unknown>) => unknown): { ask: Ask; asked: Question<unknown>[] } {
  const asked: Question<unknown>[] = [];
  const ask: Ask = async (question) => {
    asked.push(question as Question<unknown>);
    return question.schema.parse(answer(question as Question<unknown>));
  };
  return { ask, asked };
}

type Call = {
  readonly tool: string;
  readonly args?: Record<string, unknown>;
  readonly result?: string;
  readonly error?: boolean;
};
/** A dialogue: what the user says, and between it what the agent calls. */
export function dialogue(parts: readonly (string | Call)[], more: Parameters<typeof evidence>[0] | object = {}) {
  const messages: RunMessage[] = parts.flatMap((part, index): RunMessage[] => {
    if (typeof part === 'string')
      return part.startsWith('agent: ') ? [{ role: 'assistant', text: part.slice(7) }] : [{ role: 'user', text: part }];
    const [name, server] = part.tool.split('/').reverse();
    return [
      {
        role: 'assistant',
        text: '',
        calls: [
          { id: String(index), tool: { name: name!, ...(server !== undefined && { server }) }, args: part.args ?? {} },
        ],
      },
      {
        role: 'tool',
        text: part.result ?? 'ok',
        answers: String(index),
        ...(part.error !== undefined && { error: part.error }),
      },
    ];
  });
  return evidence({ outcome: { success: true }, ...more, messages });
}

export const UNJUDGED = { trials: 1, judged: 0, successes: 0 } as const;
export type Strategies = Awaited<ReturnType<typeof open>>;

/** Evidence with the essence that code makes of it. */
export const withEssence = async (
  strategies: Strategies,
  of: ReturnType<typeof dialogue>,
  shortestSuccess?: number,
): Promise<SeedEvidence> => ({
  ...of,
  essence: await strategies.essenceStructural.essence(of, noModel),
  difficulty: UNJUDGED,
  ...(shortestSuccess !== undefined && { shortestSuccess }),
});
