import type { Command } from '../command.ts';
import { dataset } from './dataset.ts';
import { erase } from './erase.ts';
import { explain } from './explain.ts';
import { exportRuns } from './export.ts';
import { facts } from './facts.ts';
import { importPaths } from './import.ts';
import { list } from './list.ts';
import { show } from './show.ts';
import { stats } from './stats.ts';

/** In the order in which the help has them. */
export const COMMANDS: readonly Command[] = [
  facts,
  importPaths,
  list,
  show,
  exportRuns,
  stats,
  erase,
  explain,
  dataset,
];
