import type { Skills } from '#plugins/skills/api';
import type { ExecutionContext } from './execution-context.ts';
import { readPrompt } from './read-prompt.ts';

const SYSTEM = readPrompt('system');
const MOST_SKILLS = 50;

export interface PromptParts {
  readonly instructions: string;
  readonly startedAt: number;
  readonly skills: Skills | undefined;
  readonly memory: ExecutionContext;
}

/**
 * The system prompt. It stays the same for a whole run, as long as the skills do, so that providers can cache it: what
 * changes comes as messages.
 */
export class PromptBuilder {
  readonly #parts: PromptParts;
  #made: { readonly version: number; readonly text: string } | undefined;

  constructor(parts: PromptParts) {
    this.#parts = parts;
  }

  get system(): string {
    const version = this.#parts.skills?.version ?? 0;
    if (this.#made?.version !== version) this.#made = { version, text: this.#make() };
    return this.#made.text;
  }

  #make(): string {
    const { instructions, startedAt, skills, memory } = this.#parts;
    const catalog = skills?.catalog.slice(0, MOST_SKILLS) ?? [];
    return [
      SYSTEM,
      `Today is ${new Date(startedAt).toISOString().slice(0, 10)}.`,
      ...(instructions.trim() === '' ? [] : [`Instructions:\n${instructions.trim()}`]),
      ...section(
        'Skills (load_skill shows one)',
        catalog.map(({ name, description }) => `- ${name}: ${description}`),
      ),
      ...section(
        'Tools that often failed before',
        memory.learned.map((line) => `- ${line}`),
      ),
    ].join('\n\n');
  }
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:\n${lines.join('\n')}`];
