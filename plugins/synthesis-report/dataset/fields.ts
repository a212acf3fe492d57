import type { SeedTask } from '#plugins/synthesizer/api';

/** What the card says of the columns. */
export const FIELDS: readonly (readonly [keyof SeedTask, string])[] = [
  ['task_id', 'its name; the same for the same trajectory, evolution and text'],
  ['task_type', 'one word or two, such as booking'],
  ['domain', 'what it is about, such as airline'],
  ['description', 'the task as an agent gets it, without its answer'],
  ['expected_tools', 'list: tools that did the work in the run, as server/tool or tool'],
  ['constraints', 'list: what must be kept to'],
  ['success_criteria', 'list: how one sees that it is done'],
  ['max_steps', 'steps that an agent may take'],
  ['complexity', 'low, medium or high'],
  [
    'difficulty',
    'object: trials (runs of the task), judged, successes, and where any was judged pass_rate; note where the figures say little',
  ],
  ['verification', 'list of check, verdict (passed, failed, unverified), and mostly why'],
  [
    'verified',
    'whether some check was passed, none failed, and none was left open but for want of input schemas or a tool server',
  ],
  [
    'lineage',
    'object: the trajectory it was made of, all trials of the same task, essence, strategies, evolution and parents, keys of the model calls',
  ],
];

/** A seed as a row of text, numbers and truth values: never empty, so that a column has one type in all files. */
export const rowOf = (seed: SeedTask) => ({
  task_id: seed.task_id,
  task_type: seed.task_type,
  domain: seed.domain,
  description: seed.description,
  expected_tools: JSON.stringify(seed.expected_tools),
  constraints: JSON.stringify(seed.constraints),
  success_criteria: JSON.stringify(seed.success_criteria),
  max_steps: seed.max_steps,
  complexity: seed.complexity,
  difficulty: JSON.stringify(seed.difficulty),
  verification: JSON.stringify(seed.verification),
  verified: seed.verified,
  lineage: JSON.stringify(seed.lineage),
});

/**
 * Halves of characters, which neither Parquet nor many readers of JSON take, become U+FFFD; a byte order mark at the start,
 * which some take away, goes.
 */
export const wellFormed = (seed: SeedTask): SeedTask =>
  JSON.parse(JSON.stringify(seed), (_, each) =>
    typeof each === 'string' ? each.toWellFormed().replace(/^\ufeff+/, '') : each,
  ) as SeedTask;
