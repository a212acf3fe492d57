import type { Command } from '../command.ts';
import { present } from '../missing.ts';
import { lineageText } from '../print/lineage-text.ts';
import { parsed, which } from '../words.ts';

export const explain: Command = {
  name: 'explain',
  help: [['explain SEED [--json]', 'where a seed comes from: runs, steps, model calls, checks']],
  parse(words) {
    const { values, positionals } = parsed(words, 1, { json: { type: 'boolean' } });
    const id = which(positionals[0], 'explain', 'seed');
    return async ({ synthesis, config, out }) => {
      const lineage = await present(synthesis, 'synthesizer').explain(id);
      await out(values.json ? `${JSON.stringify(lineage, null, 2)}\n` : lineageText(lineage, config.width));
      return 0;
    };
  },
};
