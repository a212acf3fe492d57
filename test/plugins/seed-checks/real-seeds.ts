import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Ask, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import redaction from '../../../plugins/redaction/index.ts';
import strategies from '../../../plugins/synthesis-strategies/index.ts';
import { evidenceOf } from '../../../plugins/synthesizer/evidence.ts';
import formats from '../../../plugins/trajectory-formats/index.ts';
import { madeLines } from '../../support/made-trajectories.ts';
import { openPlugin } from '../open-plugin.ts';

const DATA = path.join(import.meta.dirname, '../../../../shared/data/trajectories');
export const HAS_DATA = existsSync(DATA);

export interface RealSeed {
  readonly kind: 'variation' | 'depth' | 'width';
  readonly seed: SeedDraft;
  readonly evidence: SeedEvidence;
}

const noModel: Ask = () => Promise.reject(new Error('no strategy without a model asks one'));

/** Seeds of all real records without a model, redacted as the synthesizer does; of made ones where there are none. */
export async function realSeeds(): Promise<RealSeed[]> {
  const reader = await openPlugin(formats, {});
  const redactor = await openPlugin(redaction, {});
  const { plugin: make, close } = await openPlugin(strategies, {});
  const made = HAS_DATA ? undefined : await mkdtemp(path.join(tmpdir(), 'seed-checks-'));
  if (made !== undefined) await writeFile(path.join(made, 'made.jsonl'), madeLines(120));
  const seeds: RealSeed[] = [];
  for await (const file of reader.plugin.formats.files(made ?? DATA))
    for await (const event of reader.plugin.formats.read(file)) {
      if (event.type !== 'run') continue;
      const { evidence: of } = evidenceOf(event.run, redactor.plugin.redactor);
      const { success } = of.run.outcome;
      const evidence: SeedEvidence = {
        ...of,
        essence: await make.essenceStructural.essence(of, noModel),
        difficulty: { trials: 1, judged: success === null ? 0 : 1, successes: success === true ? 1 : 0 },
        ...(success === true && { shortestSuccess: of.run.counts.steps }),
      };
      const seed = await make.seedVariation.seed(evidence, noModel);
      seeds.push({ kind: 'variation', seed, evidence });
    }
  for (const [at, { seed: parent, evidence }] of [...seeds].entries()) {
    const deeper = await make.depth.evolve({ ...evidence, parent, near: [] }, noModel);
    if (deeper !== undefined) seeds.push({ kind: 'depth', seed: deeper, evidence });
    const near = [seeds[at + 1]!.seed];
    const wider = at % 3 === 0 && (await make.width.evolve({ ...evidence, parent, near }, noModel));
    if (wider) seeds.push({ kind: 'width', seed: wider, evidence: { ...evidence, parents: [parent, ...near] } });
  }
  if (made !== undefined) await rm(made, { recursive: true, force: true });
  for (const opened of [reader, redactor, { close }]) await opened.close();
  return seeds;
}
