import { parseArgs } from 'node:util';
import { unmetNeeds } from '../check-needs.ts';
import { reason } from '../errors.ts';
import { examine, findPipeline } from '../examine.ts';
import { levelFrom } from '../log.ts';
import { showProblem } from '../problem.ts';

export async function check(argv: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true });
  if (positionals.length === 0) {
    process.stderr.write('kernel check: name a pipeline file\n');
    return 2;
  }
  let found = 0;
  try {
    levelFrom(process.env.LOG_LEVEL);
  } catch (error) {
    found++;
    process.stdout.write(`environment LOG_LEVEL_UNKNOWN: ${reason(error)}\n`);
  }
  for (const name of positionals) {
    const file = findPipeline(name);
    const { checked } = await examine({ file, env: process.env });
    found += checked.problems.length;
    for (const problem of checked.problems) process.stdout.write(`${showProblem(problem)}\n`);
    if (checked.plan === undefined) continue;
    for (const note of unmetNeeds(checked.plan)) process.stdout.write(`note: ${note}\n`);
    process.stdout.write(`${name}: ok, ${checked.plan.entries.length} plugins\n`);
  }
  if (found > 0) process.stderr.write(`${found} problem${found === 1 ? '' : 's'}\n`);
  return found > 0 ? 2 : 0;
}
