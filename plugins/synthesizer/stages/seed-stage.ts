import { isFault } from '#kernel';
import type { CheckVerdict, SeedDraft, SeedEvidence } from '../api.ts';
import { textHash } from '../asking/call-key.ts';
import { evidenceOf } from '../evidence.ts';
import { putMade, putNone, putUnplanned, type SeedRow, seedOfTask, seedRow } from '../store/seed-table.ts';
import { madeAt, type StageParts } from './essence-stage.ts';
import type { Recipes } from './recipes.ts';
import { difficultyOf, shortestSuccess, trialsOf } from './trials.ts';

const OPEN: ReadonlySet<SeedRow['state']> = new Set(['planned', 'queued', 'failed']);

/** A plan becomes a seed: made of the essence, or of other seeds, and checked. Done again it changes nothing. */
export async function makeSeed(plan: string, recipes: Recipes, parts: StageParts, signal: AbortSignal): Promise<void> {
  const row = await seedRow(parts.storage, plan);
  if (row === undefined || !OPEN.has(row.state)) return;
  const isEvolved = row.evolution !== 'none';
  const { recipe } = isEvolved ? recipes.evolve : recipes.seed;
  // A plan of another recipe is another process's, or of before.
  if (row.recipe !== recipe) return;
  const found = await evidenceFor(row, recipes, parts);
  if (found === 'erased') return parts.writes.write([putNone(plan, recipe, 'erased', 'its trajectory is gone')]);
  if (found === undefined) return;
  const asked = parts.asker.for({ stage: isEvolved ? 'evolve' : 'seed', trajectory: row.trajectory, signal });
  const parents = await parentsOf(row, parts);
  if (parents.length < row.parents.length) return parts.writes.write([putUnplanned(plan, recipe)]);
  const evidence: SeedEvidence = isEvolved ? { ...found.evidence, parents } : found.evidence;
  const [parent, ...near] = parents;
  const making =
    parent === undefined
      ? recipes.seed.strategy.seed(evidence, asked.ask)
      : recipes.evolve.strategy.evolve({ ...evidence, parent, near }, asked.ask);
  const made = await making.catch(unusable);
  if (made === undefined || ('why' in made && isEvolved)) {
    const why = made === undefined ? `${row.evolution} makes none of it` : made.why;
    return parts.writes.write([putNone(plan, recipe, 'no-evolution', why)]);
  }
  const draft = 'why' in made ? emptyDraft(evidence) : made;
  const verdicts: CheckVerdict[] = [];
  if ('why' in made) verdicts.push({ check: 'task', verdict: 'failed', why: made.why });
  else
    for (const { name, check } of recipes.checks)
      verdicts.push({ check: name, ...(await check.check(draft, evidence, signal)) });
  const written = parts.writes.write([
    putMade({
      id: plan,
      recipe,
      task_id: `seed-${textHash(`${row.trajectory} ${row.evolution} ${draft.description}`).slice(0, 16)}`,
      draft,
      verdicts,
      calls: asked.calls.map(({ key }) => key),
      at: Math.max(found.at, madeAt(asked.calls, found.head)),
    }),
  ]);
  await Promise.all([asked.kept(), written]);
}

/** Nothing that another try could change: it is told with the seeds that were dropped. */
function unusable(error: unknown): { readonly why: string } {
  if (isFault(error) && error.code === 'SEED_UNUSABLE') return { why: error.message };
  throw error;
}

const emptyDraft = ({ essence }: SeedEvidence): SeedDraft => ({
  task_type: essence.task_type,
  domain: essence.domain,
  description: essence.description,
  expected_tools: [],
  constraints: [],
  success_criteria: [],
  max_steps: 1,
  complexity: essence.complexity,
});

async function evidenceFor(row: SeedRow, recipes: Recipes, parts: StageParts) {
  const [run] = await parts.archive.many([row.trajectory]);
  const head = await parts.archive.head(row.trajectory);
  if (run === undefined || head === undefined) return 'erased';
  const essence = await parts.essences.get(row.trajectory);
  // It was there when the job was added; a run with another recipe has made another since.
  if (essence?.recipe !== recipes.essence.recipe) return undefined;
  const trials = await trialsOf(parts.storage, parts.archive, row.cluster);
  const shortest = shortestSuccess(trials);
  const { task_type, domain, description, complexity, key_features, tools } = essence.essence;
  const evidence: SeedEvidence = {
    ...evidenceOf(run, parts.redactor).evidence,
    essence: { task_type, domain, description, complexity, key_features, tools },
    difficulty: difficultyOf(trials),
    ...(shortest !== undefined && { shortestSuccess: shortest }),
  };
  return { evidence, head, at: essence.at };
}

/** The seeds that it is made of, in their order; those that are gone are left out. */
async function parentsOf(row: SeedRow, { storage }: StageParts): Promise<readonly SeedDraft[]> {
  const rows = await Promise.all(row.parents.map((task) => seedOfTask(storage, task)));
  return rows.flatMap((each) => each?.draft ?? []);
}
