import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Token } from '#kernel';
import { type SeedTask, SYNTHESIS, type Synthesis, type TaskEssence } from '#plugins/synthesizer/api';
import { TRAJECTORY_ARCHIVE, type TrajectoryArchive } from '#plugins/trajectory-archive/api';
import { bootKernel } from '../../support/boot-kernel.ts';

export interface OpenOptions {
  /** Address of the stand-in for a model; left out: none is configured. */
  readonly model?: string;
  readonly modelName?: string;
  readonly plugins?: Readonly<Record<string, object | 'off'>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Data of an earlier one. */
  readonly dir?: string;
  /** With the recorder of agents beside it. */
  readonly trajectory?: boolean;
  /** Other services of the same kernel. */
  readonly ready?: (get: <T>(service: Token<T>) => T) => void;
}
export interface Opened {
  readonly dir: string;
  readonly synthesis: Synthesis;
  readonly archive: TrajectoryArchive;
  /** A file of trajectories beside the data. */
  file(name: string, text: string): string;
  seeds(): readonly SeedTask[];
  essences(): readonly TaskEssence[];
  lines<T>(name: string): readonly T[];
  text(name: string): string;
  close(): Promise<void>;
  /** Closes, and leaves the data. */
  leave(): Promise<string>;
}

/** pipelines/synthesis.yaml without its command line, on data of its own. */
export async function openSynthesis(options: OpenOptions = {}): Promise<Opened> {
  const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'synthesis-'));
  const kernel = await bootKernel({
    pipeline: path.resolve(import.meta.dirname, '../../../pipelines/base/synthesis.yaml'),
    mode: 'server',
    watch: false,
    plugins: {
      ...(options.trajectory === true && { trajectory: { dir: path.join(dir, 'trajectories') } }),
      ...options.plugins,
    },
    env: {
      DATA_DIR: dir,
      LLM_URL: options.model ?? '',
      LLM_MODEL: options.model === undefined ? '' : (options.modelName ?? 'stand-in'),
      LLM_API_KEY: '',
      DATABASE_URL: '',
      REDIS_URL: '',
      ...options.env,
    },
  });
  options.ready?.((service) => kernel.get(service));
  const text = (name: string): string => readFileSync(path.join(dir, name), 'utf8');
  const lines = <T>(name: string): readonly T[] =>
    text(name)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  return {
    dir,
    synthesis: kernel.get(SYNTHESIS),
    archive: kernel.get(TRAJECTORY_ARCHIVE),
    file: (name, content) => {
      const full = path.join(dir, name);
      writeFileSync(full, content);
      return full;
    },
    seeds: () => lines('seed_tasks.jsonl'),
    essences: () => JSON.parse(text('task_essences.json')) as TaskEssence[],
    lines,
    text,
    leave: async () => {
      await kernel.stop();
      return dir;
    },
    close: async () => {
      await kernel.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const forever = (): { readonly signal: AbortSignal } => ({ signal: new AbortController().signal });
