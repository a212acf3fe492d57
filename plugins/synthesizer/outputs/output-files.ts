import path from 'node:path';
import { fault, reason } from '#kernel';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { SynthesisDataset, SynthesisReport } from '../api.ts';
import { openFolder, writeWhole } from './whole-file.ts';

const ESSENCES = 'task_essences.json';
const SEEDS = 'seed_tasks.jsonl';
const DROPPED = 'dropped_seeds.jsonl';
const CLUSTERS = 'clusters.jsonl';
const MARKDOWN = 'report.md';
const HTML = 'report.html';
const NAMES = [ESSENCES, SEEDS, DROPPED, CLUSTERS, MARKDOWN, HTML];
const SEQUENCE = { length: 2, most: 20 } as const;

/** The files that people and other programs read. Views of what is kept: written anew as a whole, so none is ever torn. */
export class OutputFiles {
  readonly #dir: string;
  readonly #report: SynthesisReport | undefined;
  readonly #archive: TrajectoryArchive;

  constructor(dir: string, report: SynthesisReport | undefined, archive: TrajectoryArchive) {
    this.#dir = path.resolve(dir);
    this.#report = report;
    this.#archive = archive;
  }

  get paths(): readonly string[] {
    return NAMES.filter((name) => this.#report !== undefined || !name.startsWith('report')).map((name) =>
      path.join(this.#dir, name),
    );
  }

  /**
   * What others wait for first, the report last or not at all. Fault OUTPUT_NOT_WRITTEN (`unavailable`): what is kept stays
   * kept, and the files as they were.
   */
  async write(dataset: SynthesisDataset, withReport = true): Promise<void> {
    try {
      await openFolder(this.#dir, NAMES);
      await this.#file(SEEDS, lines(dataset.seeds));
      await this.#file(ESSENCES, list(dataset.essences));
      await this.#file(
        DROPPED,
        lines(dataset.dropped.map(({ seed, filter, why }) => ({ task_id: seed.task_id, filter, why, seed }))),
      );
      await this.#file(CLUSTERS, lines(dataset.clusters));
      if (this.#report === undefined || !withReport) return;
      const { markdown, html } = this.#report.report({
        dataset,
        tools: await this.#archive.statistics(),
        sequences: await this.#archive.sequences(SEQUENCE.length, SEQUENCE.most),
      });
      await this.#file(MARKDOWN, [markdown]);
      await this.#file(HTML, [html]);
    } catch (error) {
      throw fault('OUTPUT_NOT_WRITTEN', `the files in ${this.#dir} could not be written: ${reason(error)}`, {
        kind: 'unavailable',
        hint: 'make room, or look at its permissions; start again then: nothing is asked twice',
      });
    }
  }

  #file(name: string, parts: Iterable<string>): Promise<void> {
    return writeWhole(path.join(this.#dir, name), parts);
  }
}

function* lines(rows: readonly unknown[]): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** A JSON array with one element a line: for people and for line tools. */
function* list(rows: readonly unknown[]): Generator<string> {
  yield '[';
  for (const [at, row] of rows.entries()) yield `${at === 0 ? '' : ','}\n${JSON.stringify(row)}`;
  yield rows.length === 0 ? ']\n' : '\n]\n';
}
