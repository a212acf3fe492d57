import type { Storage } from '#plugins/storage/api';
import type { TaskFacts, TaskIdentity, TaskSimilarity } from '#plugins/task-similarity/api';
import type { RunHead, TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import type { JobLane } from '../stages/job-lane.ts';
import type { Recipes } from '../stages/recipes.ts';
import { representativeOf, trialsOf } from '../stages/trials.ts';
import { allClusters, putClusters, withoutEssence } from '../store/cluster-table.ts';
import { idsWithEssence } from '../store/essence-table.ts';
import type { Lead } from '../store/lead.ts';
import { chunks } from '../store/placeholders.ts';
import {
  clustersWithPlan,
  deleteSeeds,
  dropUnfinished,
  lastPlace,
  markQueued,
  type Plan,
  planSeeds,
  readySeeds,
  type SeedState,
  seedRows,
  unmarkQueued,
} from '../store/seed-table.ts';
import { taskFacts } from '../task-facts.ts';

const OPEN: ReadonlySet<SeedState> = new Set(['planned', 'queued', 'made']);
const PAGE = 1_000;
/** Of runs that wait for their cluster; those of others are made from the archive. */
const MOST_FACTS = 20_000;
const FETCH = 100;

export interface PlannerParts {
  readonly storage: Storage;
  readonly archive: TrajectoryArchive;
  readonly similarity: TaskSimilarity;
  readonly lead: Lead;
  readonly lane: JobLane;
  readonly recipes: Recipes;
  readonly clusterRuns: number;
}

/** Says what is to be made: an essence of each trajectory, a seed of each task, a harder one of each seed. Of the lead alone. */
export class Planner {
  readonly #parts: PlannerParts;
  /** Of runs that were just read; of others they are made from the archive. */
  readonly #facts = new Map<string, TaskFacts>();
  #identity: TaskIdentity | undefined;
  #clustered = new Set<string>();
  #seen = 0;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
  }

  /** What an earlier process left: essences that are missing, jobs that were never added. */
  async begin(): Promise<void> {
    const { storage, archive, recipes, lane } = this.#parts;
    await unmarkQueued(storage);
    await dropUnfinished(storage, recipes.evolve.recipe);
    this.#clustered = new Set((await allClusters(storage)).map(({ trajectory }) => trajectory));
    const made = await idsWithEssence(storage, recipes.essence.recipe);
    for await (const heads of pages(archive, 0)) {
      const missing = heads.filter(({ id }) => !made.has(id));
      await lane.add(missing.map(({ id }) => ({ stage: 'essence', trajectory: id })));
    }
  }

  /**
   * With no job open: what is not done gets another job, where the queue has lost its own, or remembers it from when the same
   * strategies were used before. How many.
   */
  async recover(): Promise<number> {
    const { storage, recipes, lane, lead } = this.#parts;
    if (!lane.isUnsure) return 0;
    const essences = await withoutEssence(storage, recipes.essence.recipe);
    const seeds = await storage.transaction(async (sql) => {
      await lead.guard(sql);
      return unmarkQueued(sql);
    });
    const found = essences.length + seeds;
    lane.again(found > 0);
    await lane.add(essences.map((id) => ({ stage: 'essence', trajectory: id })));
    return found;
  }

  /** They are in the archive now. */
  async arrived(runs: readonly ImportedRun[]): Promise<void> {
    for (const run of runs) if (this.#facts.size < MOST_FACTS) this.#facts.set(run.id, taskFacts(run));
    await this.#parts.lane.add(runs.map(({ id }) => ({ stage: 'essence', trajectory: id })));
  }

  /** Every run that is there belongs to a cluster afterwards. How many are new to theirs. */
  async cluster(signal: AbortSignal): Promise<number> {
    const { archive, clusterRuns } = this.#parts;
    let batch: RunHead[] = [];
    let assigned = 0;
    for await (const heads of pages(archive, this.#seen)) {
      signal.throwIfAborted();
      batch.push(...heads.filter(({ id }) => !this.#clustered.has(id)));
      if (batch.length >= clusterRuns) {
        await this.#assign(batch);
        assigned += batch.length;
        batch = [];
      }
      this.#seen = heads.at(-1)!.seq;
    }
    if (batch.length > 0) await this.#assign(batch);
    return assigned + batch.length;
  }

  /** A seed of each task that has none, and a harder one of each seed that was kept. How many are new. */
  async planSeeds(): Promise<number> {
    const { storage, archive, recipes, lead } = this.#parts;
    const planned = await clustersWithPlan(storage, recipes.seed.recipe);
    const clusters = new Set((await allClusters(storage)).map(({ cluster }) => cluster));
    const plans: Plan[] = [];
    let place = await lastPlace(storage);
    for (const cluster of clusters) {
      if (planned.has(cluster)) continue;
      const best = representativeOf(await trialsOf(storage, archive, cluster));
      if (best === undefined) continue;
      plans.push({
        id: `${cluster}/none`,
        place: ++place,
        cluster,
        trajectory: best.id,
        evolution: 'none',
        recipe: recipes.seed.recipe,
        parents: [],
      });
    }
    plans.push(...(await this.#evolutions(place)));
    if (plans.length > 0)
      await storage.transaction(async (sql) => {
        await lead.guard(sql);
        await planSeeds(sql, plans);
      });
    return plans.length;
  }

  /** Jobs of the seeds whose essence is there. How many. */
  async queueSeeds(): Promise<number> {
    const { storage, recipes, lane, lead } = this.#parts;
    const { essence, seed, evolve } = recipes;
    const names = { essence: essence.recipe, seed: seed.recipe, evolve: evolve.recipe };
    const ready = await readySeeds(storage, names, PAGE);
    if (ready.length === 0) return 0;
    // First the jobs: a kill in between adds them again, which changes nothing.
    await lane.add(
      ready.map(({ id, trajectory, evolution }) => ({
        stage: evolution === 'none' ? 'seed' : 'evolve',
        trajectory,
        plan: id,
      })),
    );
    await storage.transaction(async (sql) => {
      await lead.guard(sql);
      await markQueued(
        sql,
        ready.map(({ id }) => id),
      );
    });
    return ready.length;
  }

  forget(ids: readonly string[]): void {
    // A cluster may have another name now.
    this.#identity = undefined;
    for (const id of ids) {
      this.#facts.delete(id);
      this.#clustered.delete(id);
    }
  }

  /** Each kept seed with those that stand nearest before it in its domain. */
  async #evolutions(place: number): Promise<readonly Plan[]> {
    const { name, strategy, recipe } = this.#parts.recipes.evolve;
    if (name === 'none') return [];
    const rows = await seedRows(this.#parts.storage, ['planned', 'queued', 'made', 'kept', 'dropped', 'failed']);
    const kept = rows.filter((row) => row.evolution === 'none' && row.state === 'kept');
    // Nearest of all that are there: while some are still to come, it is not known which these are.
    if (rows.some((row) => row.evolution === 'none' && OPEN.has(row.state))) return [];
    const tasks = new Set(kept.map((row) => row.task_id!));
    const evolved = rows.filter((row) => row.evolution !== 'none');
    const orphans = evolved.filter(({ parents }) => !parents.every((parent) => tasks.has(parent)));
    if (orphans.length > 0) await this.#dropOrphans(orphans.map(({ id }) => id));
    const made = new Set(
      evolved
        .filter((row) => row.evolution === name && row.recipe === recipe && !orphans.includes(row))
        .map((row) => row.cluster),
    );
    const plans: Plan[] = [];
    for (const [at, row] of kept.entries()) {
      if (made.has(row.cluster)) continue;
      const near = [...kept.slice(0, at).reverse(), ...kept.slice(at + 1)]
        .filter((other) => other.draft?.domain === row.draft?.domain)
        .slice(0, strategy.joins ?? 0);
      if (near.length < (strategy.joins ?? 0)) continue;
      plans.push({
        id: `${row.cluster}/${name}`,
        place: ++place,
        cluster: row.cluster,
        trajectory: row.trajectory,
        evolution: name,
        recipe,
        parents: [row, ...near].map((each) => each.task_id!),
      });
    }
    return plans;
  }

  /** Evolutions of seeds that are kept no longer. */
  #dropOrphans(ids: readonly string[]): Promise<void> {
    return this.#parts.storage.transaction(async (sql) => {
      await this.#parts.lead.guard(sql);
      await deleteSeeds(sql, ids);
    });
  }

  async #assign(heads: readonly RunHead[]): Promise<void> {
    const { storage, lead } = this.#parts;
    this.#identity ??= await this.#restored();
    const facts = await this.#factsOf(heads.map(({ id }) => id));
    const known = heads.filter(({ id }) => facts.has(id));
    const clusters = await this.#identity.assign(known.map(({ id }) => facts.get(id)!));
    const rows = known.map(({ id, seq }, at) => ({ trajectory: id, seq, cluster: clusters[at]! }));
    try {
      await storage.transaction(async (sql) => {
        await lead.guard(sql);
        await putClusters(sql, rows);
      });
    } catch (error) {
      // What it has decided is not what is kept: it begins again from there.
      this.#identity = undefined;
      throw error;
    }
    for (const { id } of known) {
      this.#clustered.add(id);
      this.#facts.delete(id);
    }
  }

  async #restored(): Promise<TaskIdentity> {
    const identity = this.#parts.similarity.identity();
    for (const rows of chunks(await allClusters(this.#parts.storage), PAGE)) {
      const facts = await this.#factsOf(rows.map(({ trajectory }) => trajectory));
      identity.restore(
        rows.flatMap(({ trajectory, cluster }) => {
          const of = facts.get(trajectory);
          return of === undefined ? [] : [{ ...of, cluster }];
        }),
      );
    }
    return identity;
  }

  async #factsOf(ids: readonly string[]): Promise<ReadonlyMap<string, TaskFacts>> {
    const found = new Map<string, TaskFacts>();
    const absent: string[] = [];
    for (const id of ids) {
      const facts = this.#facts.get(id);
      if (facts === undefined) absent.push(id);
      else found.set(id, facts);
    }
    for (const some of chunks(absent, FETCH))
      for (const run of await this.#parts.archive.many(some)) found.set(run.id, taskFacts(run));
    return found;
  }
}

async function* pages(archive: TrajectoryArchive, after: number): AsyncGenerator<readonly RunHead[]> {
  for (let last = after; ; ) {
    const heads = await archive.heads(last, PAGE);
    if (heads.length === 0) return;
    yield heads;
    last = heads.at(-1)!.seq;
  }
}
