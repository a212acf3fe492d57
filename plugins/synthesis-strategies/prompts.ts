import { readFileSync } from 'node:fs';

const NAMES = ['essence', 'seed', 'evolve-depth', 'evolve-width'] as const;
export type PromptName = (typeof NAMES)[number];

/** What models are told: texts beside the code, read once when the plugin starts. */
export class Prompts {
  readonly #texts = new Map<PromptName, string>();

  load(): void {
    for (const name of NAMES)
      this.#texts.set(name, readFileSync(new URL(`./prompts/${name}.md`, import.meta.url), 'utf8').trim());
  }

  /** For `prompt` and `system` of a question. */
  of(name: PromptName): { readonly prompt: string; readonly system: string } {
    if (this.#texts.size === 0) this.load();
    return { prompt: `${name}.md`, system: this.#texts.get(name)! };
  }
}
