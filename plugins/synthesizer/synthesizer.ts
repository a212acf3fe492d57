import { randomUUID } from 'node:crypto';
import { type Events, fault, type Health, type Log } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { Queue } from '#plugins/queue/api';
import type { Redactor } from '#plugins/redaction/api';
import type { Storage } from '#plugins/storage/api';
import { Gathered } from '#plugins/storage/api';
import type { TaskSimilarity } from '#plugins/task-similarity/api';
import type { Trajectories } from '#plugins/trajectory/api';
import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { SynthesisReport } from './api.ts';
import {
  type Estimate,
  type RunOptions,
  type SeedLineage,
  SYNTHESIS_PROGRESS,
  type Synthesis,
  type SynthesisDataset,
  type SynthesisResult,
} from './api.ts';
import { Asker } from './asking/asker.ts';
import { Budget } from './asking/budget.ts';
import type { SynthesizerConfig } from './config.ts';
import { estimate } from './estimate.ts';
import { explainSeed } from './explanation.ts';
import { readDataset } from './outputs/dataset.ts';
import { OutputFiles } from './outputs/output-files.ts';
import { resultOf } from './outputs/result.ts';
import { readContaminationList } from './planning/contamination-list.ts';
import { Filters } from './planning/filters.ts';
import { replayAll } from './replay.ts';
import { retract } from './retraction.ts';
import { RecentRuns } from './stages/recent-runs.ts';
import { chooseRecipes, namesOf, type Recipes, type Strategies } from './stages/recipes.ts';
import { essencesOf } from './store/essence-table.ts';
import { Lead } from './store/lead.ts';
import { type RecipeNames, readRecipeNames, readState, writeState } from './store/state.ts';
import { WriteGroup } from './store/write-group.ts';
import { SynthesisRun } from './synthesis-run.ts';
import { MIGRATIONS } from './tables.ts';

export interface SynthesizerParts {
  readonly storage: Storage;
  readonly archive: TrajectoryArchive;
  readonly formats: TrajectoryFormats;
  readonly similarity: TaskSimilarity;
  readonly redactor: Redactor;
  readonly queue: Queue;
  readonly llm: Llm | undefined;
  readonly report: SynthesisReport | undefined;
  readonly trajectories: Trajectories | undefined;
  readonly strategies: Strategies;
  readonly log: Log;
  readonly events: Events;
  readonly signal: AbortSignal;
}

/** What is kept, and the ways to work on it. */
export class Synthesizer implements Synthesis {
  readonly #parts: SynthesizerParts;
  readonly #config: SynthesizerConfig;
  readonly #version: string;
  readonly #writes: WriteGroup;
  readonly #asker: Asker;
  readonly #files: OutputFiles;
  #lane = '';
  #running = 0;

  constructor(parts: SynthesizerParts, config: SynthesizerConfig, version: string) {
    this.#parts = parts;
    this.#config = config;
    this.#version = version;
    this.#writes = new WriteGroup(parts.storage);
    const { storage, llm, redactor } = parts;
    this.#asker = new Asker({ storage, llm, redactor, writes: this.#writes, budget: new Budget(storage) }, config);
    this.#files = new OutputFiles(config.dir, parts.report, parts.archive);
  }

  async start(): Promise<void> {
    const { storage } = this.#parts;
    await storage.migrate('synthesizer', MIGRATIONS);
    this.#lane = await storage.transaction(async (sql) => {
      const known = await readState(sql, 'lane');
      if (known !== undefined) return known;
      const lane = `synthesis-${randomUUID().slice(0, 8)}`;
      await writeState(sql, 'lane', lane);
      return lane;
    });
  }

  once(paths: readonly string[], options: RunOptions): Promise<SynthesisResult> {
    return this.#run(paths, options, 'once');
  }

  watch(paths: readonly string[], options: RunOptions): Promise<SynthesisResult> {
    return this.#run(paths, options, 'watch');
  }

  async estimate(paths: readonly string[], options: RunOptions): Promise<Estimate> {
    const { strategies, llm } = this.#parts;
    const { profile, concurrency } = this.#config;
    if (this.#asker.model === undefined) return { calls: 0, inputTokens: 0, outputTokens: 0, usd: 0, seconds: 0 };
    const found = await estimate(
      paths,
      this.#config.estimateRuns,
      {
        ...this.#parts,
        recipes: this.#recipes(),
        structural: strategies.essences.get('structural'),
        model: this.#asker.model,
        usd: (_, usage) => llm?.price(usage, profile),
      },
      options.signal,
    );
    return { ...found, seconds: Math.ceil((found.calls * SECONDS_A_CALL) / concurrency) };
  }

  async replay(): Promise<SynthesisResult> {
    const { storage, archive, similarity, signal } = this.#parts;
    const recipes = this.#recipes();
    const made = await this.#names();
    if (made.hash !== recipes.hash)
      throw fault(
        'REPLAY_DIFFERS',
        `what is kept was made otherwise (essence ${made.essence}, seed ${made.seed}, evolve ${made.evolve})`,
        {
          kind: 'conflict',
          hint: 'configure the same strategies and the same model for a replay; it makes no call',
        },
      );
    const lead = new Lead(storage, this.#config.leadMs);
    this.#asker.offline = true;
    try {
      return await lead.hold(signal, async (held) => {
        const { nearDuplicate, contamination } = this.#config;
        const filters = new Filters(
          { storage, lead, similarity },
          { nearDuplicate, listed: await readContaminationList(contamination) },
        );
        await retract(storage, archive);
        await replayAll(this.#stageParts(), recipes, filters, held);
        return this.#written();
      });
    } finally {
      this.#asker.offline = false;
    }
  }

  async explain(seed: string): Promise<SeedLineage> {
    const { storage, archive } = this.#parts;
    return explainSeed(seed, { storage, archive, names: await this.#names() }, this.#version);
  }

  async retract(): Promise<number> {
    const gone = await retract(this.#parts.storage, this.#parts.archive);
    if (gone.trajectories.length > 0) await this.#written();
    return gone.seeds.length;
  }

  async dataset(): Promise<SynthesisDataset> {
    const { storage, archive } = this.#parts;
    return readDataset(storage, archive, await this.#names(), this.#asker.budget.cachedCalls);
  }

  health(): Health {
    const { budget } = this.#asker;
    return {
      ok: true,
      detail: {
        dir: this.#config.dir,
        running: this.#running,
        model: this.#asker.model ?? 'none',
        calls: budget.calls,
      },
    };
  }

  async #run(paths: readonly string[], options: RunOptions, mode: 'once' | 'watch'): Promise<SynthesisResult> {
    const { queue, formats, similarity, trajectories, events, signal } = this.#parts;
    const recipes = this.#recipes();
    const { maxUsd = this.#config.maxUsd } = options;
    this.#asker.limits = { ...this.#config, maxUsd: Math.min(maxUsd, this.#config.maxUsd) };
    if (options.recorded === true && trajectories === undefined)
      throw fault('SERVICE_ABSENT', 'recorded runs are not at hand', {
        kind: 'unavailable',
        hint: 'add plugin trajectory to the pipeline, or name files',
      });
    this.#running++;
    try {
      const run = new SynthesisRun(
        {
          ...this.#stageParts(),
          formats,
          trajectories,
          similarity,
          queue,
          recipes,
          files: this.#files,
          config: this.#config,
          lane: this.#lane,
          dataset: () => this.dataset(),
        },
        {
          ...options,
          signal: AbortSignal.any([options.signal, signal]),
          onProgress: (progress) => {
            events.publish(SYNTHESIS_PROGRESS, progress);
            options.onProgress?.(progress);
          },
        },
      );
      return await run.do(paths, mode);
    } finally {
      this.#running--;
    }
  }

  #recipes(): Recipes {
    return chooseRecipes(this.#config, this.#parts.strategies);
  }

  #stageParts() {
    const { storage, archive, redactor, log } = this.#parts;
    const recent = new RecentRuns(this.#config.recentBytes);
    const essences = new Gathered((ids) => essencesOf(storage, ids));
    return { storage, archive, redactor, log, recent, essences, writes: this.#writes, asker: this.#asker };
  }

  /** As the last run was made; before the first, as this one would be. */
  async #names(): Promise<RecipeNames> {
    return (await readRecipeNames(this.#parts.storage)) ?? namesOf(this.#recipes());
  }

  async #written(): Promise<SynthesisResult> {
    const dataset = await this.dataset();
    await this.#files.write(dataset);
    return resultOf(dataset, this.#files.paths, { ...dataset.counts, refused: [], waiting: 0 });
  }
}

/** Until some were measured. */
const SECONDS_A_CALL = 2;
