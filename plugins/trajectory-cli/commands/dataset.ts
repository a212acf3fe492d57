import { fault } from '#kernel';
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
      const made = await present(synthesis, 'synthesizer').dataset();
      if (made.seeds.length === 0)
        throw fault('NOTHING_TO_EXPORT', 'no seed was made yet', {
          kind: 'not_found',
          hint: 'kernel start pipelines/synthesis.yaml -- --once PATH makes some',
        });
      const input = {
        dataset: made,
        tools: await archive.statistics(),
        sequences: await archive.sequences(SEQUENCE.length, SEQUENCE.most),
      };
      const files = await present(report, 'synthesis-report').dataset(input, folder);
      await out(files.map((file) => printable(`${file}\n`)).join(''));
      return 0;
    };
  },
};
