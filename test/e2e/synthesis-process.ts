import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { KERNEL_BIN } from '../support/boot-kernel.ts';

const PIPELINE = path.resolve(import.meta.dirname, '../../pipelines/synthesis.yaml');

export interface SynthesisProcess {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly exited: Promise<number | null>;
}

/** `kernel start pipelines/synthesis.yaml -- ARGS` as users start it, on data of its own. */
export function startSynthesis(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): SynthesisProcess {
  const child = spawn(process.execPath, [KERNEL_BIN, 'start', PIPELINE, '--', ...args], {
    env: { ...process.env, DATABASE_URL: '', REDIS_URL: '', LLM_URL: '', LLM_MODEL: '', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { child, output, exited };
}

export interface Outputs {
  readonly essences: readonly string[];
  readonly seeds: readonly string[];
  readonly clusters: readonly string[];
}

/** What stands in the files, as sets: without when it was made. */
export function outputsOf(dataDir: string): Outputs {
  const text = (name: string): string => readFileSync(path.join(dataDir, name), 'utf8');
  const lines = (name: string): string[] =>
    text(name)
      .split('\n')
      .filter((line) => line !== '');
  // Parsed, so that a torn line would be told.
  return {
    essences: (JSON.parse(text('task_essences.json')) as object[]).map((one) => JSON.stringify(one)).sort(),
    seeds: lines('seed_tasks.jsonl')
      .map((line) => JSON.stringify(JSON.parse(line)))
      .sort(),
    clusters: lines('clusters.jsonl')
      .map((line) => JSON.stringify(JSON.parse(line)))
      .sort(),
  };
}

/** Files that a process that was killed left half-written. */
export const leftovers = (dataDir: string): readonly string[] =>
  readdirSync(dataDir).filter((name) => name.includes('.part-'));
