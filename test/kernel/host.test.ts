import { expect, test } from 'vitest';
import { COUNTER } from '../fixtures/plugins/counter/api.ts';
import { GREETER } from '../fixtures/plugins/greeter/api.ts';
import { bootKernel, startKernelProcess } from '../support/boot-kernel.ts';

const dirs = ['test/fixtures/plugins'];

test('starts plugins in the order of their needs and stops them in reverse', async () => {
  const kernel = await bootKernel({ plugins: { greeter: {}, counter: { from: 4 } }, dirs });
  expect(await kernel.get(GREETER).greet('ann')).toBe('hello ann! (5)');
  expect(kernel.status().plugins.map(({ id, state }) => [id, state])).toEqual([
    ['counter', 'running'],
    ['greeter', 'running'],
  ]);
  await kernel.stop();
  expect(kernel.lines.filter(({ msg }) => msg === 'Plugin stopped.').map(({ plugin }) => plugin)).toEqual([
    'greeter',
    'counter',
  ]);
});

test('a fake stands in for a plugin', async () => {
  const kernel = await bootKernel({
    plugins: { greeter: {} },
    dirs,
    fakes: [[COUNTER, { value: 0, next: async () => 77 }]],
  });
  expect(await kernel.get(GREETER).greet('ann')).toBe('hello ann! (77)');
  await kernel.stop();
});

test('runs as a process and ends on SIGTERM', async () => {
  const kernel = await startKernelProcess('test/fixtures/pipelines/greeting.yaml');
  expect(kernel.lines().at(-1)).toMatchObject({ msg: 'Kernel ready.', plugins: 2 });
  expect(await kernel.stop()).toBe(0);
});
