import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, isFault, type Log } from '#kernel';
import type { Queue } from '#plugins/queue/api';
import type { TaskSimilarity } from '#plugins/task-similarity/api';
import type { Trajectories } from '#plugins/trajectory/api';
import type { TrajectoryFormats } from '#plugins/trajectory-formats/api';
import type { Progress, RunOptions, SynthesisDataset, SynthesisResult } from './api.ts';
import type { SynthesizerConfig } from './config.ts';
import { Intake } from './intake/intake.ts';
import type { OutputFiles } from './outputs/output-files.ts';
import { PacedWriter } from './outputs/paced-writer.ts';
import { resultOf } from './outputs/result.ts';
import { readContaminationList } from './planning/contamination-list.ts';
import { Filters } from './planning/filters.ts';
import { Planner } from './planning/planner.ts';
import { ProgressReport } from './progress-report.ts';
import { Pulse } from './pulse.ts';
import { retract } from './retraction.ts';
import type { StageParts } from './stages/essence-stage.ts';
import { JobLane } from './stages/job-lane.ts';
import { namesOf, type Recipes } from './stages/recipes.ts';
import { clearFailures, failOrphans } from './store/failure-table.ts';
import { Lead } from './store/lead.ts';
import { writeRecipeNames } from './store/state.ts';
import { together } from './together.ts';

/** Jobs of other processes are looked for so often. */
const LOOK_MS = 250;
/** What came in one go is planned together: soon where little is open, else from time to time. */
const GATHER_MS = 15;
const BUSY_MS = 100;
const BUSY_JOBS = 50;

export interface RunParts extends StageParts {
  readonly formats: TrajectoryFormats;
  readonly trajectories: Trajectories | undefined;
  readonly similarity: TaskSimilarity;
  readonly queue: Queue;
  readonly files: OutputFiles;
  readonly config: SynthesizerConfig;
  readonly recipes: Recipes;
  /** Of these data: what a queue remembers of others is not meant. */
  readonly lane: string;
  readonly dataset: () => Promise<SynthesisDataset>;
}

/** One run over paths: reads, plans and decides where this process leads, and works jobs in any case. */
export class SynthesisRun {
  readonly #parts: RunParts;
  readonly #options: RunOptions;
  readonly #pulse = new Pulse();
  /** No further job can succeed. */
  readonly #fatal = new AbortController();
  readonly #lead: Lead;
  readonly #lane: JobLane;
  readonly #planner: Planner;
  readonly #intake: Intake;
  readonly #writer: PacedWriter;
  readonly #progress: ProgressReport;
  readonly #log: Log;
  #filters: Filters | undefined;
  #stage: Progress['stage'] = 'import';
  #open = 0;
  /** Seeds that stand in the file. */
  #kept = 0;
  #concurrency: number | undefined;
  #arrived = false;
  #toldNotWritten = false;

  constructor(parts: RunParts, options: RunOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#log = parts.log;
    const { storage, archive, config, similarity, recipes } = parts;
    const problem = (one: Parameters<NonNullable<RunOptions['onProblem']>>[0]): void => options.onProblem?.(one);
    this.#lead = new Lead(storage, config.leadMs);
    this.#lane = new JobLane(parts.queue, parts, recipes, {
      lane: parts.lane,
      giveUpAfter: config.giveUpAfter,
      queueMs: config.queueMs,
      signal: AbortSignal.any([options.signal, this.#fatal.signal]),
      events: {
        ended: () => this.#ended(),
        fatal: (error) => this.#fatal.abort(error),
        problem,
        concurrency: (now) => {
          this.#concurrency = now;
        },
      },
    });
    this.#planner = new Planner({
      storage,
      archive,
      similarity,
      recipes,
      lead: this.#lead,
      lane: this.#lane,
      clusterRuns: config.clusterRuns,
    });
    const limits = { runs: config.batchRuns, bytes: config.batchBytes };
    this.#intake = new Intake(
      { ...parts, recorded: options.recorded === true ? parts.trajectories : undefined },
      limits,
      {
        problem,
        progress: () => this.#progress.tell(),
        paused: this.#pulse.give,
        arrived: async (news) => {
          for (const { run, bytes } of news) parts.recent.put(run, bytes);
          await this.#planner.arrived(news.map(({ run }) => run));
          this.#arrived ||= news.length > 0;
          await parts.recent.room(news.length, this.#fatal.signal);
        },
      },
    );
    const dataset = async (): Promise<SynthesisDataset> => {
      const read = await parts.dataset();
      this.#kept = read.seeds.length;
      return read;
    };
    this.#writer = new PacedWriter(parts.files, dataset, config.writeMs);
    this.#progress = new ProgressReport(options.onProgress, () => this.#now());
  }

  /** Works off the paths, or watches them until the signal. Faults as Synthesis says. */
  async do(paths: readonly string[], mode: 'once' | 'watch'): Promise<SynthesisResult> {
    const signal = AbortSignal.any([this.#options.signal, this.#fatal.signal]);
    await this.#parts.asker.budget.load();
    const undo = this.#lane.work(this.#parts.config.concurrency);
    try {
      for (;;) {
        try {
          await this.#lead.hold(signal, (held) => this.#plan(paths, mode, held));
          break;
        } catch (error) {
          if (!isFault(error) || error.code !== 'LEAD_LOST' || signal.aborted) throw error;
          this.#log.warn('Another process has taken over the planning; this one works on.');
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        await this.#whole(error);
        throw error;
      }
    } finally {
      await undo();
    }
    // What was done until here is in the files, whatever ended it.
    const dataset = await this.#writer.write();
    if (this.#fatal.signal.aborted) throw this.#fatal.signal.reason as Fault;
    this.#stage = 'idle';
    this.#progress.tell(true);
    return resultOf(dataset, this.#parts.files.paths, this.#intake.counts);
  }

  async #plan(paths: readonly string[], mode: 'once' | 'watch', signal: AbortSignal): Promise<void> {
    const { storage, config, similarity, recipes } = this.#parts;
    this.#filters = new Filters(
      { storage, lead: this.#lead, similarity },
      { nearDuplicate: config.nearDuplicate, listed: await readContaminationList(config.contamination) },
    );
    await this.#retract();
    if (await this.#filters.reopen()) this.#writer.changed();
    await writeRecipeNames(storage, namesOf(recipes));
    await clearFailures(storage);
    await this.#lane.retry();
    await this.#planner.begin();
    this.#arrived = true;
    if (mode === 'once')
      await together(
        signal,
        (until) => this.#intake.all(paths, until),
        (until) => this.#settle(until, 'once'),
      );
    else
      await together(
        signal,
        (until) => this.#intake.follow(paths, config, until),
        (until) => this.#settle(until, 'watch'),
      );
  }

  /** Plans what can be planned, whenever something ended, until nothing is left (`once`) or for ever. */
  async #settle(signal: AbortSignal, mode: 'once' | 'watch'): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (!this.#intake.isReading) await this.#clustered(signal);
      await this.#planner.queueSeeds();
      if ((await this.#filters!.decide()) > 0) this.#writer.changed();
      this.#open = await this.#lane.open();
      if (!this.#intake.isReading && this.#open === 0 && !(await this.#more()) && mode === 'once') return;
      this.#writer.busy = this.#open > BUSY_JOBS || this.#intake.isReading;
      this.#writer.awaiting = this.#open > 0;
      await this.#writer.writeIfDue().catch((error: unknown) => this.#notWritten(error));
      this.#progress.tell();
      await this.#pulse.wait(Math.max(1, Math.min(LOOK_MS, this.#writer.dueIn ?? LOOK_MS)), signal);
      await sleep(this.#open > BUSY_JOBS ? BUSY_MS : GATHER_MS);
    }
  }

  /** A database or a queue that went away is no reason to leave the files as they were. */
  async #whole(error: unknown): Promise<void> {
    if (isFault(error) && error.kind === 'unavailable') await this.#writer.write().catch(() => undefined);
  }

  /** The work goes on: what is kept does not depend on the files, and the last writing throws. */
  #notWritten(error: unknown): void {
    if (!isFault(error) || error.code !== 'OUTPUT_NOT_WRITTEN') throw error;
    if (!this.#toldNotWritten) this.#options.onProblem?.({ where: 'output', what: error.message, code: error.code });
    this.#toldNotWritten = true;
  }

  async #clustered(signal: AbortSignal): Promise<void> {
    if (!this.#arrived) return;
    this.#arrived = false;
    this.#stage = 'cluster';
    this.#progress.tell();
    await this.#retract();
    await this.#planner.cluster(signal);
    await this.#planner.planSeeds();
    this.#stage = 'essence';
    this.#writer.changed();
  }

  /** With no job open: whether something is still to do. */
  async #more(): Promise<boolean> {
    await this.#lane.collectFailed();
    const orphans = await failOrphans(this.#parts.storage);
    const queued = await this.#planner.queueSeeds();
    const decided = await this.#filters!.decide();
    const planned = await this.#planner.planSeeds();
    if (orphans + decided > 0) this.#writer.changed();
    if (orphans + queued + decided + planned > 0) return true;
    return (await this.#planner.recover()) > 0;
  }

  async #retract(): Promise<void> {
    const gone = await retract(this.#parts.storage, this.#parts.archive);
    if (gone.trajectories.length === 0) return;
    this.#planner.forget(gone.trajectories);
    this.#filters?.forget();
    this.#writer.changed();
  }

  #ended(): void {
    if (this.#stage === 'import' && !this.#intake.isReading) this.#stage = 'essence';
    this.#writer.changed();
    this.#pulse.give();
    this.#progress.tell();
  }

  #now(): Omit<Progress, 'etaMs'> {
    const { seen, imported, duplicate, quarantined } = this.#intake.counts;
    const { done, failed } = this.#lane;
    const { calls, usd } = this.#parts.asker.budget;
    return {
      stage: this.#intake.isReading ? 'import' : this.#stage,
      seen,
      imported,
      duplicate,
      quarantined,
      jobs: { done, total: Math.max(done, done + this.#open), failed },
      seeds: this.#kept,
      calls,
      usd,
      ...(this.#concurrency !== undefined && { concurrency: this.#concurrency }),
    };
  }
}
