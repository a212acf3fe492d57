import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PLUGIN_KEPT } from '#kernel';
import { TELEMETRY } from '#plugins/telemetry/api';
import { swapPlugin } from '../../../kernel/swap.ts';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { readExposition } from './exposition.ts';

let kernel: BootedKernel;
beforeEach(async () => {
  kernel = await bootKernel({ plugins: { telemetry: { otlp: { headers: { 'x-key': 'a-secret-of-the-test' } } } } });
});
afterEach(() => kernel.stop());

const swap = async (): Promise<void> => {
  const slot = kernel.host.slots.get('telemetry')!;
  await swapPlugin(kernel.host, slot, { ...slot.instance.entry }, kernel.host.plan);
};
const read = async () => readExposition((await kernel.get(TELEMETRY).metrics()).text);

test('metrics that consumers hold go on counting over a swap', async () => {
  const telemetry = kernel.get(TELEMETRY);
  const held = telemetry.counter('held_total', 'Held by a plugin that is not swapped.', ['a']);
  const seconds = telemetry.histogram('held_seconds', 'Held, too.');
  held.add(1, 'x');
  for (let round = 0; round < 3; round += 1) {
    await swap();
    held.add(1, 'x');
    seconds.observe(1);
    telemetry.counter('held_total', 'Asked for again.', ['a']).add(1, 'x');
  }
  const found = await read();
  expect(found.get('held_total')?.lines[0]?.value).toBe(7);
  expect(found.get('held_seconds')?.lines.at(-1)?.value).toBe(3);
  expect(found.get('process_cpu_seconds_total')!.lines[0]!.value).toBeLessThan(process.uptime() * 4);
});

test('reloads are counted by their result, once, and generations are those of the kernel', async () => {
  await swap();
  await swap();
  kernel.host.publish(PLUGIN_KEPT, { id: 'other', generation: 1, reason: 'it does not load' });
  const found = await read();
  const reloads = found.get('datapresso_plugin_reloads_total')!.lines;
  expect(reloads.map(({ labels, value }) => [labels.plugin, labels.result, value])).toEqual([
    ['telemetry', 'swapped', 2],
    ['other', 'kept', 1],
  ]);
  expect(found.get('datapresso_plugin_generation')?.lines).toMatchObject([
    { labels: { plugin: 'telemetry' }, value: 3 },
  ]);
});

test('the headers for the collector are shown nowhere', () => {
  expect(JSON.stringify(kernel.status())).toContain('x-key');
  expect(JSON.stringify([kernel.status(), kernel.lines])).not.toContain('a-secret-of-the-test');
});

test('what is dear is imported when it is needed', () => {
  const script = path.join(import.meta.dirname, 'imports.ts');
  const seen = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8', timeout: 15_000 }));
  expect(seen).toEqual({ used: [], looked: ['prom-client'] });
});
