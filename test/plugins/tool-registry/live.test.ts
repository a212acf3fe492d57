import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { TOOL_DISPATCHER } from '../../../plugins/tool-dispatch/api.ts';
import { type RegistryChange, TOOL_REGISTRY } from '../../../plugins/tool-registry/api.ts';
import { bootKernel } from '../../support/boot-kernel.ts';
import { freshDir } from './open-registry.ts';

const HELLO = resolve('test/fixtures/plugins/hello-tool');

async function house() {
  const dir = await freshDir();
  const dropped = join(dir, 'plugins');
  await mkdir(dropped);
  const kernel = await bootKernel({
    plugins: {
      storage: { dir: join(dir, 'data') },
      'tool-registry': { toolkits: {} },
      'tool-dispatch': { dir: join(dir, 'data') },
    },
    dirs: [dropped],
    watch: true,
    drop: true,
  });
  onTestFinished(() => kernel.stop());
  const registry = kernel.get(TOOL_REGISTRY);
  const dispatcher = kernel.get(TOOL_DISPATCHER);
  const greet = async (): Promise<unknown> => {
    const { result } = await dispatcher.call(registry.resolve('hello-tool/hello'), { name: 'Ada' });
    return result.content[0]?.text;
  };
  const until = (check: () => void | Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: 5000, interval: 10 });
  return { kernel, registry, greet, until, folder: join(dropped, 'hello-tool') };
}

it('a dropped plugin brings its tool, an edit changes it, removal takes it away', async () => {
  const { registry, greet, until, folder } = await house();
  const changes: RegistryChange[] = [];
  registry.onChange((change) => void changes.push(change));

  const begun = performance.now();
  await cp(HELLO, folder, { recursive: true });
  await until(async () => expect(await greet()).toBe('hello Ada'));
  expect(performance.now() - begun).toBeLessThan(3000);
  expect(registry.describe('llm')).toContain('### hello-tool/hello');

  const source = await readFile(join(folder, 'index.ts'), 'utf8');
  await writeFile(
    join(folder, 'index.ts'),
    source.replace('`hello ', '`good day ').replace('Greets somebody by', 'Salutes by'),
  );
  await until(async () => expect(await greet()).toBe('good day Ada'));
  await until(() => expect(registry.resolve('hello').definition.description).toBe('Salutes by name.'));

  await writeFile(join(folder, 'index.ts'), 'this is no plugin {');
  await new Promise((done) => setTimeout(done, 300));
  expect(await greet()).toBe('good day Ada');

  await rm(folder, { recursive: true });
  await until(() => expect(registry.snapshot.tools.size).toBe(0));
  expect(new Set(changes.map((change) => change.type))).toEqual(
    new Set(['tool_installed', 'tool_updated', 'tool_uninstalled']),
  );
});

it('the registry itself can be swapped under its consumers', async () => {
  const { kernel, registry, greet, until, folder } = await house();
  await cp(HELLO, folder, { recursive: true });
  await until(async () => expect(await greet()).toBe('hello Ada'));
  const changes: RegistryChange[] = [];
  registry.onChange((change) => void changes.push(change));
  const before = registry.snapshot.version;

  const pipeline = JSON.parse(await readFile(kernel.file, 'utf8'));
  pipeline.plugins['tool-registry'] = { toolkits: { manners: { tools: ['hello-tool'] } } };
  await writeFile(kernel.file, JSON.stringify(pipeline));
  await until(() => expect(registry.resolve('hello').toolkit).toBe('manners'));
  expect(registry.snapshot.version).toBeGreaterThan(before);
  expect(await greet()).toBe('hello Ada');
  changes.length = 0;
  await rm(folder, { recursive: true });
  await until(() => expect(changes.map((change) => change.type)).toEqual(['tool_uninstalled']));
});
