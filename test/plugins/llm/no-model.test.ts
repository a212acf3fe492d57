import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KERNEL_BIN, PROJECT_NODE } from '../../support/boot-kernel.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'no-model-'));
  const plugin = join(dir, 'plugins', 'thinker');
  mkdirSync(plugin, { recursive: true });
  writeFileSync(
    join(plugin, 'index.ts'),
    `import { definePlugin } from '#kernel';
     import { LLM } from '#plugins/llm/api';
     import { z } from 'zod';
     export default definePlugin({
       name: 'thinker',
       summary: 'Thinks.',
       config: z.strictObject({}),
       requires: { llm: LLM },
       create: () => ({}),
     });`,
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

function check(llm: object): string {
  const file = join(dir, 'pipeline.yaml');
  writeFileSync(file, JSON.stringify({ kernel: 1, mode: 'server', dirs: ['plugins'], plugins: { llm, thinker: {} } }));
  return execFileSync(PROJECT_NODE, [KERNEL_BIN, 'check', file], { cwd: dir, encoding: 'utf8' });
}

test('who needs a model is named by kernel check where none is configured, and the pipeline is good', () => {
  expect(check({})).toMatch(/note: .*"thinker" needs "llm": no model is configured.*LLM_MODEL.*ok, 2 plugins/s);
  expect(check({ model: 'm' })).not.toContain('note:');
});
