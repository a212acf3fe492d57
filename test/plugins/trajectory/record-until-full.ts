/** Records until a file may not grow any more, says so, and goes on when it is told to. */
import { once } from 'node:events';
import storagePlugin from '../../../plugins/storage/index.ts';
import trajectoryPlugin from '../../../plugins/trajectory/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { start } from './open-trajectory.ts';

const [data = '', dir = ''] = process.argv.slice(2);
const storage = await openPlugin(storagePlugin, { dir: data });
const opened = await openPlugin(trajectoryPlugin, { dir, retryMs: 20 }, { storage: storage.plugin.storage });
const run = await opened.plugin.trajectories.open(start('r-1'));
const step = (): void => {
  const index = run.steps + 1;
  run.step({ kind: 'tool_execution', turn: 1, at: 1, input: { tool: 'tool' }, output: `${index} `.repeat(100) });
};
try {
  for (;;) {
    for (let n = 0; n < 50; n++) step();
    await run.settled();
  }
} catch (error) {
  console.log(`full ${(error as { code: string }).code} ${opened.plugin.health!().ok}`);
}
for (let n = 0; n < 50; n++) step();
await once(process.stdin, 'data');
await run.finish({ reason: 'done', at: 1 });
console.log(`all ${run.steps}`);
await opened.close();
await storage.close();
process.stdin.destroy();
