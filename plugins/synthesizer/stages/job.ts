/** What a job of the lane is about: an essence of a trajectory, or a seed of a plan. */
export type Job =
  | { readonly stage: 'essence'; readonly trajectory: string }
  | { readonly stage: 'seed' | 'evolve'; readonly trajectory: string; readonly plan: string };

/**
 * The same work again is the same job; a new recipe is new work, and so is another run for the same plan. `round` tells apart
 * what is to be done once more from what the queue remembers as done.
 */
export const jobId = (job: Job, recipe: string, round: string): string =>
  [job.stage, recipe.slice(0, 12), job.trajectory, ...('plan' in job ? [job.plan] : []), ...(round && [round])].join(
    ':',
  );
