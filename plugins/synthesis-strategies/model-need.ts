import type { Llm } from '#plugins/llm/api';

/** Whether there is a model to ask; asking is the synthesizer's affair. */
export class ModelNeed {
  readonly #llm: Llm | undefined;
  readonly #profile: string;

  constructor(llm: Llm | undefined, profile: string) {
    this.#llm = llm;
    this.#profile = profile;
  }

  get model(): string | undefined {
    return this.#llm?.model(this.#profile);
  }

  /** What decides the answers to a prompt, as `recipe` of a strategy: the prompt, the model, the limits. */
  recipe(prompt: string, limits: unknown): string {
    return JSON.stringify([prompt, this.model ?? 'none', limits]);
  }

  lacks(who: string): string | undefined {
    if (this.#llm === undefined) return `${who} needs a model: add plugin llm to the pipeline`;
    return this.model === undefined ? `${who} needs a model: set llm.model (LLM_MODEL)` : undefined;
  }
}
