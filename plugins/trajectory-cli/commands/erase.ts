import { fault } from '#kernel';
import type { Command } from '../command.ts';
import { findRun } from '../find-run.ts';
import { printable, several } from '../print/lines.ts';
import { parsed, which } from '../words.ts';

export const erase: Command = {
  name: 'erase',
  help: [['erase ID [--why TEXT]', 'forgets an imported run and all that was made of it']],
  parse(words) {
    const { values, positionals } = parsed(words, 1, { why: { type: 'string' } });
    const id = which(positionals[0], 'erase', 'run');
    return async (setting) => {
      const { archive, synthesis, out, err } = setting;
      const found = await findRun(setting, id);
      if (found.from === 'recorder')
        throw fault('RUN_RECORDED', `run "${found.run.id}" was recorded here: only imported runs can be erased`, {
          kind: 'invalid',
        });
      const { head } = found;
      await archive.erase(head.id, values.why);
      const seeds = await synthesis?.retract();
      const went = [
        `its ${several(head.messages, 'message')}`,
        ...(seeds === undefined ? [] : [several(seeds, 'seed')]),
      ];
      await out(printable(`${head.id} (${head.key}) is erased, and with it ${went.join(' and ')}\n`));
      if (synthesis === undefined)
        await err('no synthesizer runs here: seeds that were made of it go when one starts again\n');
      return 0;
    };
  },
};
