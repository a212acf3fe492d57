import evolutionPlugin from '../../../plugins/evolution/index.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import registryPlugin from '../../../plugins/tool-registry/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { spec, tool } from '../tool-registry/sample.ts';

/** Applies one change on the database in the folder that it is given, and dies. */
const { storage } = (await openPlugin(storagePlugin, { dir: process.argv[2]! })).plugin;
const { registry, learning } = (await openPlugin(registryPlugin, {}, { storage, groups: new Map() })).plugin;
const { evolution } = (await openPlugin(evolutionPlugin, {}, { storage, registry, learning })).plugin;
registry.register(spec('a'));
registry.setTools('a', [tool('find')], {});
for (let at = 0; at < 100; at++)
  registry.observe({ tool: 'a/find', durationMs: 1, outcome: at < 90 ? 'ok' : 'error', resultBytes: 1 });
const [proposal] = await evolution.propose();
await evolution.apply(proposal!.id);
process.kill(process.pid, 'SIGKILL');
