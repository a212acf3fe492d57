import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import storagePlugin from '../../../plugins/storage/index.ts';
import type { FunctionTools, RegistryChange } from '../../../plugins/tool-registry/api.ts';
import registryPlugin from '../../../plugins/tool-registry/index.ts';
import { openPlugin } from '../open-plugin.ts';

export { spec, tool } from './sample.ts';

type Config = z.input<typeof registryPlugin.config>;

/** A registry on an embedded database of its own, or on that of an earlier one. */
export async function openRegistry(
  options: { config?: Config; dir?: string; url?: string; groups?: Map<string, FunctionTools> } = {},
) {
  const dir = options.dir ?? (await freshDir());
  const storage = await openPlugin(storagePlugin, { dir, url: options.url ?? '' });
  const groups = options.groups ?? new Map<string, FunctionTools>();
  const opened = await openPlugin(
    registryPlugin,
    { saveDelayMs: 1, ...options.config },
    { storage: storage.plugin.storage, groups },
  );
  const { registry } = opened.plugin;
  const changes: RegistryChange[] = [];
  registry.onChange((change) => void changes.push(change));
  const close = async (): Promise<void> => {
    await opened.close();
    await storage.close();
  };
  onTestFinished(close);
  return { ...opened, registry, storage: storage.plugin.storage, changes, groups, dir, close };
}

export async function freshDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'registry-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Changes are told after the turn in which they were made. */
export const told = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
