import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';
import { openFormats, readAll } from './reading.ts';

export const FIXTURES = fileURLToPath(new URL('../../fixtures/trajectory-formats', import.meta.url));

/** The runs of one of the small files that were made for these tests. */
export async function runsOf(name: string): Promise<readonly ImportedRun[]> {
  const { runs, bad, refused } = await readAll(await openFormats(), join(FIXTURES, name));
  expect({ bad, refused }).toEqual({ bad: [], refused: [] });
  return runs;
}

export async function runOf(name: string): Promise<ImportedRun> {
  const [run] = await runsOf(name);
  return run!;
}

export const linesOf = (name: string): string[] => readFileSync(join(FIXTURES, name), 'utf8').trimEnd().split('\n');

/** A message as one line: `user: text`, `assistant: text > tool(args)`, `tool c1 error: text`. */
export const told = ({ role, text, calls = [], answers, error, reasoning, demo }: RunMessage): string =>
  [
    demo && '(demo) ',
    role,
    answers !== undefined && ` ${answers}`,
    error !== undefined && (error ? ' error' : ' fine'),
    `: ${text}`,
    reasoning && ` {${reasoning}}`,
    ...calls.map(
      ({ id, tool: { server, name, via }, args }) =>
        ` > ${id} ${via ? `${via}:` : ''}${server ? `${server}/` : ''}${name} ${JSON.stringify(args)}`,
    ),
  ]
    .filter(Boolean)
    .join('');
