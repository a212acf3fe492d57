import path from 'node:path';
import type { Log } from '#kernel';
import type { RunEnd, RunStart, RunSummary, Step, Trajectory } from '../api.ts';
import { PACKS, SEGMENTS } from '../journal/file-names.ts';
import { lineStart, parseLine } from '../journal/line.ts';
import { PackReader } from '../packs/pack-reader.ts';
import { isHeld, type RunPart, type RunRow } from './run-table.ts';
import { segmentLines } from './segment-lines.ts';

type Numbered = Step & { readonly index: number };

/** Runs as they were recorded, from index and files. */
export class RunReader {
  readonly #dir: string;
  readonly #log: Log;

  constructor(dir: string, log: Log) {
    this.#dir = dir;
    this.#log = log;
  }

  async summaries(rows: readonly RunRow[], living: ReadonlySet<string>): Promise<RunSummary[]> {
    const texts = this.#texts();
    try {
      const found: RunSummary[] = [];
      for (const row of rows) found.push(await summary(row, living, texts));
      return found;
    } finally {
      await texts.close();
    }
  }

  async whole(row: RunRow, parts: readonly RunPart[], living: ReadonlySet<string>): Promise<Trajectory> {
    const texts = this.#texts();
    try {
      const records = new Map<number, Numbered>();
      for (const part of parts)
        for await (const { i, step, json } of this.#steps(row.id, part))
          records.set(i, { ...(await texts.restore(step, json)), index: i });
      const inOrder = [...records.values()].sort((a, b) => a.index - b.index);
      return { ...(await summary(row, living, texts)), steps: inOrder.at(-1)?.index ?? 0, records: inOrder };
    } finally {
      await texts.close();
    }
  }

  /** How many texts are lost without which nobody can go on with the run. */
  async losses({ id, begun }: RunRow, parts: readonly RunPart[]): Promise<number> {
    let lost = 0;
    const texts = this.#texts(() => {
      lost += 1;
    });
    try {
      if (begun !== null) await texts.restore(JSON.parse(begun), begun);
      for (const part of parts)
        for await (const { step, json } of this.#steps(id, part))
          if (step.kind === 'message' || step.kind === 'tool_execution')
            await texts.restore([step.input, step.output], json);
      return lost;
    } finally {
      await texts.close();
    }
  }

  /** As they stand in the file, texts not put back. */
  async *#steps(
    id: string,
    part: RunPart,
  ): AsyncGenerator<{ readonly i: number; readonly step: Step; readonly json: string }> {
    const begins = Buffer.from(lineStart(id));
    const file = path.join(this.#dir, SEGMENTS, part.file);
    for await (const { bytes } of segmentLines(file, part.first, part.last)) {
      if (!bytes.subarray(0, begins.length).equals(begins)) continue;
      const json = bytes.toString();
      const line = parseLine(json);
      if (line?.t === 'step') yield { i: line.i, step: line.step, json };
    }
  }

  #texts(lost: () => void = () => {}): PackReader {
    return new PackReader(path.join(this.#dir, PACKS), ({ pack, hash }, reason) => {
      this.#log.warn('a stored text is lost', { pack, hash, reason });
      lost();
    });
  }
}

async function summary(row: RunRow, living: ReadonlySet<string>, texts: PackReader): Promise<RunSummary> {
  const begun = row.begun ?? '{}';
  const start = (await texts.restore(JSON.parse(begun), begun)) as Omit<RunStart, 'id'>;
  const end = row.ended === null ? undefined : ((await texts.restore(JSON.parse(row.ended), row.ended)) as RunEnd);
  const state = end !== undefined ? 'ended' : isHeld(row, living) ? 'running' : 'interrupted';
  return { ...start, id: row.id, state, steps: row.steps, ...(end !== undefined && { end }) };
}
