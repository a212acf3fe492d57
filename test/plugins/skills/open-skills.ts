import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';
import type { z } from 'zod';
import type { skillsConfig } from '../../../plugins/skills/config.ts';
import skillsPlugin from '../../../plugins/skills/index.ts';
import { openPlugin } from '../open-plugin.ts';

export type Config = z.input<typeof skillsConfig>;

export const skillText = (name: string, description = `Does ${name}.`, body = `# ${name}\n`): string =>
  `---\nname: ${name}\ndescription: ${description}\n---\n${body}`;

/** Folders of one test, and plugins on them that end with it. */
export function openBench() {
  const closing: (() => Promise<void>)[] = [];
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'skills-'));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });
  const at = (...steps: string[]): string => path.join(folder, ...steps);
  return {
    at,
    /** A skill below `place`, which is `user`, `project` or any folder of the test. */
    write(
      place: string,
      name: string,
      files: Readonly<Record<string, string | Uint8Array>> | string = skillText(name),
    ) {
      const all = typeof files === 'string' ? { 'SKILL.md': files } : files;
      for (const [file, content] of Object.entries(all)) {
        mkdirSync(path.dirname(at(place, name, file)), { recursive: true });
        writeFileSync(at(place, name, file), content);
      }
      return at(place, name);
    },
    open: async (config: Config = {}, services: Record<string, unknown> = {}, state?: unknown) => {
      const opened = await openPlugin(
        skillsPlugin,
        { dirs: [at('project')], userDir: at('user'), dir: at('installed'), ...config },
        services,
        state,
      );
      closing.push(opened.close);
      return { ...opened, skills: opened.plugin.skills };
    },
  };
}

export async function until(what: () => boolean | Promise<boolean>, ms = 5_000): Promise<number> {
  const started = performance.now();
  while (!(await what())) {
    if (performance.now() - started > ms) throw new Error('it did not come');
    await sleep(5);
  }
  return performance.now() - started;
}

export const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );
