import type { SeedLineage } from '#plugins/synthesizer/api';
import { judged, oneLine, printable, time } from './lines.ts';

/** A seed and all that it came from. */
export function lineageText(
  { seed, essence, trajectories, calls, parents, version }: SeedLineage,
  width: number,
): string {
  const { difficulty, lineage } = seed;
  const rate = difficulty.pass_rate === undefined ? '' : `, pass rate ${Math.round(difficulty.pass_rate * 100)} %`;
  const lines = [
    `seed         ${seed.task_id} (${seed.task_type}, ${seed.domain}, ${seed.complexity})`,
    `task         ${oneLine(seed.description, width)}`,
    `tools        ${seed.expected_tools.join(', ') || '-'}`,
    `difficulty   ${difficulty.trials} trials, ${difficulty.judged} judged, ${difficulty.successes} succeeded${rate}${difficulty.note === undefined ? '' : ` (${difficulty.note})`}`,
    `made by      essence ${lineage.essence_strategy}, seed ${lineage.seed_strategy}, evolution ${lineage.evolution}${lineage.model === undefined ? '' : `, model ${lineage.model}`}, version ${version}`,
    `essence      ${essence.essence_id}  ${oneLine(essence.description, width)}`,
    ...trajectories.map(
      (run) =>
        `trajectory   ${run.id}  ${run.key}  ${judged(run.success)}  steps ${run.steps[0]} to ${run.steps[1]}  ${run.file} (${run.format})`,
    ),
    ...parents.map((parent) => `parent       ${parent.task_id}  ${oneLine(parent.description, width)}`),
    ...(calls.length === 0 ? ['call         none: no model was asked'] : []),
    ...calls.map(
      (call) =>
        `call         ${call.key}  ${call.stage}  ${call.prompt} (${call.promptHash})  ${call.model}  ${time(call.at)}  ${call.inputTokens}+${call.outputTokens} tokens${call.usd === undefined ? '' : `  $${call.usd.toFixed(4)}`}`,
    ),
    ...seed.verification.map(
      ({ check, verdict, why }) =>
        `check        ${check}  ${verdict}${why === undefined ? '' : `  ${oneLine(why, width)}`}`,
    ),
  ];
  return printable(`${lines.join('\n')}\n`);
}
