import { nearest } from '#kernel';
import type { SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import { isKnownAs, listed } from './tool-names.ts';
import { lookUp, speaks, toolsOfRun } from './tool-sources.ts';
import { failed, passed, unverified, type Verdict } from './verdict.ts';

/** Every expected tool exists: in the registry where one is there, else in what the run tells. */
export class ExpectedToolsCheck implements SeedCheck {
  readonly #registry: ToolRegistry | undefined;

  constructor(registry: ToolRegistry | undefined) {
    this.#registry = registry;
  }

  async check(seed: SeedDraft, evidence: SeedEvidence): Promise<Verdict> {
    const { expected_tools } = seed;
    if (expected_tools.length === 0) return none(evidence);
    if (expected_tools.some((tool) => tool.trim() === '')) return failed('an expected tool has no name');
    return speaks(this.#registry) ? inRegistry(expected_tools, this.#registry) : inRun(expected_tools, evidence);
  }
}

/** A run that is known to have succeeded by its tools shows that they are needed; any other shows nothing. */
function none({ essence, run }: SeedEvidence): Verdict {
  if (essence.tools.length === 0) return passed;
  const why = `no tool is expected, but the run used ${listed(essence.tools)}`;
  return run.outcome.success === true ? failed(`${why} and succeeded by it`) : unverified(why);
}

function inRegistry(expected: readonly string[], registry: ToolRegistry): Verdict {
  const open: string[] = [];
  for (const name of expected) {
    const lookup = lookUp(registry, name);
    if (lookup.found === 'none') return failed(unknown(name, 'the registry', lookup.nearest));
    if (lookup.found !== 'tool') open.push(lookup.why);
  }
  return open.length > 0 ? unverified(open.join('; ')) : passed;
}

function inRun(expected: readonly string[], evidence: SeedEvidence): Verdict {
  const known = toolsOfRun(evidence);
  if (known.length === 0) return unverified('neither a registry nor the run tells which tools there are');
  const missing = expected.find((name) => !known.some((tool) => isKnownAs(name, tool)));
  return missing === undefined ? passed : failed(unknown(missing, 'the run', nearest(missing, known)));
}

function unknown(name: string, where: string, near: readonly string[]): string {
  const hint = near.length > 0 ? `; nearest: ${listed(near)}` : '';
  return `${where} knows no tool "${name}"${hint}`;
}
