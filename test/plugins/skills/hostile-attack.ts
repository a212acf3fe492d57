import { mkdirSync, writeFileSync } from 'node:fs';
import type { Skills } from '#plugins/skills/api';
import { type Config, type openBench, skillText } from './open-skills.ts';

export const SECRET = 'the-secret-outside-of-every-skill';
export type Bench = ReturnType<typeof openBench>;

/** What the skill tries, and what comes of it: an error or a warning with this code, or a name that is offered harmlessly. */
export interface Attack {
  readonly what: string;
  readonly lay: () => void;
  readonly code?: string;
  readonly offers?: readonly string[];
  readonly config?: Config;
  readonly look?: (skills: Skills) => Promise<void>;
}

/** What attacks are made of. */
export const meansOn = (bench: Bench) => ({
  /** A file beside all skills that holds the secret. */
  outside: (): string => {
    writeFileSync(bench.at('secret.txt'), SECRET);
    mkdirSync(bench.at('away', 'inner'), { recursive: true });
    writeFileSync(bench.at('away', 'SKILL.md'), skillText('evil', SECRET, SECRET));
    writeFileSync(bench.at('away', 'inner', 'secret.txt'), SECRET);
    return bench.at('secret.txt');
  },
  put: (text: string, name = 'evil'): string => bench.write('user', name, text),
  /** Shell that leaves a trace. */
  run: (): string => `touch ${bench.at('ran')}`,
});
