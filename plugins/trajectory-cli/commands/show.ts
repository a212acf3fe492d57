import type { Command } from '../command.ts';
import { findRun } from '../find-run.ts';
import { importedText } from '../print/imported-text.ts';
import { runText } from '../print/recorded-text.ts';
import { parsed, which } from '../words.ts';

export const show: Command = {
  name: 'show',
  help: [['show ID [--json]', 'one run, step by step']],
  parse(words) {
    const { values, positionals } = parsed(words, 1, { json: { type: 'boolean' } });
    const id = which(positionals[0], 'show', 'run');
    return async (setting) => {
      const { trajectories, archive, config, out } = setting;
      const found = await findRun(setting, id);
      if (found.from === 'recorder') {
        const run = await trajectories.get(found.run.id);
        await out(values.json ? `${JSON.stringify(run, null, 2)}\n` : runText(run, config.width));
      } else {
        const run = await archive.get(found.head.id);
        await out(values.json ? `${JSON.stringify(run, null, 2)}\n` : importedText(run, found.head, config.width));
      }
      return 0;
    };
  },
};
