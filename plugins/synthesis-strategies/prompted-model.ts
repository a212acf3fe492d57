import type { ModelNeed } from './model-need.ts';
import type { PromptName, Prompts } from './prompts.ts';

/** A model with the one prompt that a strategy has for it. */
export class PromptedModel {
  readonly #need: ModelNeed;
  readonly #prompts: Prompts;
  readonly #name: PromptName;
  readonly #limits: unknown;

  /** `limits`: what decides the answers besides prompt and model. */
  constructor(need: ModelNeed, prompts: Prompts, name: PromptName, limits: unknown) {
    this.#need = need;
    this.#prompts = prompts;
    this.#name = name;
    this.#limits = limits;
  }

  /** For a question: the name and the text. */
  get prompt() {
    return this.#prompts.of(this.#name);
  }

  get isThere(): boolean {
    return this.#need.model !== undefined;
  }

  get recipe(): string {
    return this.#need.recipe(this.prompt.system, this.#limits);
  }

  lacks(who: string): string | undefined {
    return this.#need.lacks(who);
  }
}
