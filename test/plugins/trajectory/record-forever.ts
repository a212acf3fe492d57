/** Records runs until it is killed. Prints `RUN INDEX` when that step has settled, and `RUN end` when the run has ended. */
import { writeSync } from 'node:fs';
import storagePlugin from '../../../plugins/storage/index.ts';
import trajectoryPlugin from '../../../plugins/trajectory/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { start, used } from './open-trajectory.ts';
import { outputOf } from './recorded-output.ts';

const [data = '', dir = '', name = ''] = process.argv.slice(2);
const storage = await openPlugin(storagePlugin, { dir: data });
const { plugin } = await openPlugin(
  trajectoryPlugin,
  { dir, groupDelayMs: 1, indexDelayMs: 20 },
  { storage: storage.plugin.storage },
);
const { trajectories } = plugin;
writeSync(1, 'ready\n');

async function forever(agent: number): Promise<never> {
  for (let n = 0; ; n++) {
    const run = await trajectories.open(start(`${name}-${agent}-${n}`));
    for (let i = 1; i <= 40; i++) {
      run.step(used('tool', true, { output: outputOf(run.id, i) }));
      if (i % 3 > 0) continue;
      await run.settled();
      writeSync(1, `${run.id} ${i}\n`);
    }
    await run.finish({ reason: 'done', at: 1 });
    writeSync(1, `${run.id} end\n`);
  }
}
await Promise.all([0, 1, 2, 3].map(forever));
