import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Log, reason } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { EvolutionConfig } from '../config.ts';

const answer = z.object({ notes: z.array(z.string().max(1_000)).max(12) });

/** How a line of a model that was talked into something tends to look. */
const SUSPICIOUS =
  /https?:|[<>{}`]|\b(?:ignore|disregard|instructions?|system prompt|password|secret)\b|忽略|指令|密码/iu;

/** True and clean. `names`: of scenarios, arguments and errors, all of which must be told. */
export interface Facts {
  readonly lines: readonly string[];
  readonly names: readonly string[];
}

/** Lets a model word what the figures say. What it makes up is not taken: the template is used in its place. */
export class ModelWording {
  readonly #llm: Llm;
  readonly #config: EvolutionConfig;
  readonly #log: Log;
  #prompt: string | undefined;

  constructor(llm: Llm, config: EvolutionConfig, log: Log) {
    this.#llm = llm;
    this.#config = config;
    this.#log = log;
  }

  /** Undefined where the model does not answer, or says anything else than the facts. */
  async word(about: string, facts: Facts, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { llm, limits } = this.#config;
    this.#prompt ??= readFileSync(new URL('../prompts/notes.md', import.meta.url), 'utf8').trim();
    try {
      const { value } = await this.#llm.object(
        {
          profile: llm.profile,
          system: this.#prompt.replace('{{characters}}', String(limits.notes)),
          user: JSON.stringify({ description: about.slice(0, 2_000), facts: facts.lines }),
          name: 'notes',
          schema: answer,
        },
        AbortSignal.any([signal, AbortSignal.timeout(llm.timeoutMs)]),
      );
      const worded = value.notes.map((line) => line.replace(/\s+/g, ' ').trim()).filter((line) => line !== '');
      if (isTrueTo(facts, worded, limits.notes)) return worded;
      this.#log.warn('A model said more of a tool than its figures do: a template words them.');
    } catch (error) {
      signal.throwIfAborted();
      this.#log.warn('No model worded the figures of a tool: a template does.', { reason: reason(error) });
    }
    return undefined;
  }
}

/** Every number and every quoted text is one of the facts, all that they are about is there, and nothing looks like an order. */
function isTrueTo({ lines, names }: Facts, worded: readonly string[], most: number): boolean {
  const said = lines.join('\n');
  const text = worded.join('\n');
  const numbers = new Set(said.match(/\d+/g) ?? []);
  const quoted = text.match(/["“][^"”]*["”]/g) ?? [];
  return (
    worded.length > 0 &&
    text.length <= most &&
    !SUSPICIOUS.test(text) &&
    (text.match(/\d+/g) ?? []).every((number) => numbers.has(number)) &&
    quoted.every((quote) => said.includes(quote.slice(1, -1))) &&
    names.every((name) => text.includes(name))
  );
}
