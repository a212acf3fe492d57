import v8 from 'node:v8';
import vm from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { token } from '#kernel';
import { until, Workbench } from '../support/workbench.ts';

const VALUE = token<{ get(): Promise<string> }>('test.value');
/** `EDITS=500` for the long run. */
const EDITS = Number(process.env.EDITS ?? 100);
/** What so many versions of these five files, 24 KB together, may leave behind; Node never forgets a module. */
const MOST_KIB_PER_EDIT = 400;

/** After a collection: what is left cannot be given back. */
function memory(): NodeJS.MemoryUsage {
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
  return process.memoryUsage();
}

let bench: Workbench;
beforeEach(() => {
  bench = new Workbench();
});
afterEach(() => bench.close());

const helper = (n: number): string =>
  `export const text${n} = (word: string): string => word;\n${Array.from({ length: 50 }, (_, line) => `export function unused${n}at${line}(value: number): number { return value + ${line}; }`).join('\n')}\n`;
const index = (edit: number): string => `import { z } from 'zod';
import { definePlugin, token } from '#kernel';
import { text1 } from './one.ts';
import { text2 } from './two.ts';
import { text3 } from './three.ts';
import { text4 } from './four.ts';
export default definePlugin({
  name: 'value', summary: 'A value.', config: z.strictObject({}),
  provides: { value: token<unknown>('test.value') },
  create: () => ({ value: { get: async () => text1(text2(text3(text4('v${edit}')))) } }),
});
`;

test(`${EDITS} edits in a row: no call fails, and the memory that they cost is known`, {
  timeout: 120_000,
}, async () => {
  const files = { 'one.ts': helper(1), 'two.ts': helper(2), 'three.ts': helper(3), 'four.ts': helper(4) };
  bench.write('value', { ...files, 'index.ts': index(0) });
  const kernel = await bench.boot({ plugins: { value: {} }, logLevel: 'warn' });
  const service = kernel.get(VALUE);
  let calls = 0;
  let failed = 0;
  let going = true;
  const callers = Array.from({ length: 8 }, async () => {
    while (going) {
      await service.get().then(
        () => calls++,
        () => failed++,
      );
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  const before = memory();
  const took: number[] = [];
  for (let edit = 1; edit <= EDITS; edit++) {
    const begun = performance.now();
    bench.write('value', { 'index.ts': index(edit) });
    await until(`edit ${edit}`, async () => (await service.get()) === `v${edit}`);
    took.push(performance.now() - begun);
  }
  going = false;
  await Promise.all(callers);
  const after = memory();
  const kib = (key: 'rss' | 'heapUsed'): number => Math.round((after[key] - before[key]) / 1024 / EDITS);
  const median = took.sort((a, b) => a - b)[Math.floor(EDITS / 2)]!;
  console.info(
    `${EDITS} edits: ${calls} calls, ${failed} failed; heap +${kib('heapUsed')} KiB and rss +${kib('rss')} KiB an edit; save to serving ${median.toFixed(0)} ms`,
  );
  expect(failed).toBe(0);
  expect(calls).toBeGreaterThan(EDITS);
  expect(kib('heapUsed')).toBeLessThan(MOST_KIB_PER_EDIT);
  expect(kernel.status().plugins[0]).toMatchObject({ generation: EDITS + 1, reloads: EDITS });
});
