import { parseArgs } from 'node:util';
import type { KernelStatus } from '../services.ts';
import { readStatuses, type Silent } from './status-socket.ts';

export async function status(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { json: { type: 'boolean', default: false } } });
  const found = await readStatuses();
  if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else if (found.length === 0) process.stdout.write('no kernel is running\n');
  else for (const kernel of found) process.stdout.write(show(kernel));
  return found.every((kernel) => kernel.ok) ? 0 : 1;
}

function show(kernel: KernelStatus | Silent): string {
  if (kernel.state === 'not answering')
    return `pid ${kernel.pid} NOT ANSWERING: it is stopped, or does something without an end\n`;
  const { pipeline, mode, pid, state, ok, ready, startedAt } = kernel;
  const head = `${pipeline} (${mode}, pid ${pid}) ${state}, ${ok ? 'healthy' : 'NOT HEALTHY'}${ready ? '' : ', not ready'}, since ${startedAt}\n`;
  const rows = kernel.plugins.map((plugin) => {
    const { lastReload } = plugin;
    const reload = lastReload
      ? `, last reload ${lastReload.result} at ${lastReload.at}${lastReload.reason ? `: ${lastReload.reason}` : ''}`
      : '';
    const health = plugin.health.ok ? '' : `, NOT HEALTHY ${JSON.stringify(plugin.health.detail ?? {})}`;
    return `  ${plugin.id.padEnd(20)} v${plugin.generation} ${plugin.state}${health}, ${plugin.reloads} reloads${reload}\n${' '.repeat(23)}${JSON.stringify(plugin.config)}\n`;
  });
  return head + rows.join('');
}
