import type { Command } from '../command.ts';
import { present } from '../missing.ts';
import { printable } from '../print/lines.ts';
import { parsed, which } from '../words.ts';

const SEQUENCE = { length: 2, most: 20 } as const;

export const dataset: Command = {
  name: 'dataset',
  help: [['dataset FOLDER', 'seeds as a dataset: card, JSONL and parquet, split by task']],
  parse(words) {
    const folder = which(parsed(words, 1, {}).positionals[0], 'dataset', 'folder');
    return async ({ archive, synthesis, report, out }) => {
      const input = {
        dataset: await present(synthesis, 'synthesizer').dataset(),
        tools: await archive.statistics(),
        sequences: await archive.sequences(SEQUENCE.length, SEQUENCE.most),
      };
      const files = await present(report, 'synthesis-report').dataset(input, folder);
      await out(files.map((file) => printable(`${file}\n`)).join(''));
      return 0;
    };
  },
};
