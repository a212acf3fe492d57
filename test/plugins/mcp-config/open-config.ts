import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { z } from 'zod';
import mcpConfigPlugin from '../../../plugins/mcp-config/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { freshDir, openRegistry } from '../tool-registry/open-registry.ts';

type Options = Omit<z.input<typeof mcpConfigPlugin.config>, 'file'>;

/** The plugin on a real registry, with a file of its own; `write` saves as editors do, by a rename. */
export async function openConfig(content?: string | object, options: Options = {}, folder = '') {
  const dir = await freshDir();
  const file = join(dir, folder, 'mcp.json');
  let saves = 0;
  const write = async (next: string | object, atomic = true): Promise<void> => {
    const text = typeof next === 'string' ? next : JSON.stringify(next);
    const to = atomic ? join(dir, folder, `save-${saves++}`) : file;
    await writeFile(to, text);
    if (atomic) await rename(to, file);
  };
  if (content !== undefined) await write(content);
  const house = await openRegistry({ dir: await freshDir() });
  const opened = await openPlugin(mcpConfigPlugin, { ...options, file }, { registry: house.registry });
  onTestFinished(opened.close);
  const { mcpConfig } = opened.plugin;
  const ids = (): string[] => [...house.registry.snapshot.servers.keys()];
  const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 4000, interval: 10 });
  const makeFolder = (): Promise<unknown> => mkdir(join(dir, folder), { recursive: true });
  return {
    ...opened,
    mcpConfig,
    registry: house.registry,
    changes: house.changes,
    file,
    write,
    ids,
    until,
    makeFolder,
  };
}
