import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../support/workbench.ts';
import { Workshop } from './workshop.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await Workshop.open();
});
afterAll(() => shop.close());

const staging = (): string[] => {
  try {
    return readdirSync(path.join(shop.dir, 'staging'));
  } catch {
    return [];
  }
};

test.skipIf(process.platform !== 'linux')(
  'what is being made stays; what a process of the same number left before it was started again goes',
  async () => {
    shop.publish('slow');
    shop.registry.delayMs = 60_000;
    const ending = new AbortController();
    const plan = shop.plan('slow', { limits: { sandbox: 'preferred' } });
    const failed = expect(shop.install(plan, ending.signal)).rejects.toThrow();
    const [name] = await until('its folder', () => (staging().length === 1 ? staging() : undefined));
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
    expect(name).toContain(`-${process.pid}.${start}-`);
    mkdirSync(path.join(shop.dir, 'staging', name!.replace(start, '1'), 'node_modules'), { recursive: true });
    mkdirSync(path.join(shop.dir, 'staging', 'slow-of-somebody'));
    await shop.runner.sweep(['slow']);
    expect(staging()).toEqual([name]);
    ending.abort(new Error('enough'));
    await failed;
    expect(staging()).toEqual([]);
  },
);
