import path from 'node:path';
import type { SynthesisDataset } from '#plugins/synthesizer/api';
import { type Block, counted, more } from './block.ts';

const NONE = 'none found';

/** Where everything came from, and under which licence. Files of one kind in one folder stand in one row. */
export function sourceTable({ sources }: Pick<SynthesisDataset, 'sources'>, rows: number): readonly Block[] {
  const groups = new Map<string, { files: string[]; format: string; license: string; runs: number }>();
  for (const { file, format, license = NONE, runs } of sources) {
    const key = JSON.stringify([path.dirname(file), format, license]);
    const of = groups.get(key) ?? { files: [], format, license, runs: 0 };
    of.files.push(file);
    of.runs += runs;
    groups.set(key, of);
  }
  const found = [...groups.values()].sort((a, b) => b.runs - a.runs);
  return [
    {
      type: 'table',
      head: ['file', 'format', 'trajectories', 'licence as found'],
      rows: found.slice(0, rows).map(({ files, format, license, runs }) => {
        const [first = ''] = files;
        const name = files.length === 1 ? first : `${path.dirname(first)}/ (${counted(files.length, 'file')})`;
        return [name, format, runs, license];
      }),
    },
    ...more(found.length - rows, 'source'),
  ];
}

/** By trajectories, as found. */
export function licences({ sources }: Pick<SynthesisDataset, 'sources'>): string {
  const runsOf = new Map<string, number>();
  for (const { license = NONE, runs } of sources) runsOf.set(license, (runsOf.get(license) ?? 0) + runs);
  return [...runsOf]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([name, runs]) => `${name} (${counted(runs, 'trajectory', 'trajectories')})`)
    .join(', ');
}
