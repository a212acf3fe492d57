import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { JUDGES } from './install.ts';

const CHECK = z.object({
  id: z.string(),
  status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
  description: z.string().default(''),
  errorMessage: z.string().optional(),
});
const REQUIREMENTS = z.object({ not_scored: z.array(z.object({ scenario: z.string() }).loose()).default([]) });

/** One thing that the suite looked at. Failures of scenarios that are not `scored` do not count against conformance. */
export type Check = z.infer<typeof CHECK> & { scenario: string; scored: boolean };

export interface Verdict {
  of: 'server' | 'client';
  /** Exit code of the suite: 0 when every scored scenario passed. */
  code: number;
  checks: Check[];
  /** All that the suite printed, for when it did not come to any check. */
  printed: string;
}

/** Reads every `checks.json` below the folder that the suite wrote to. */
export async function readChecks(folder: string, requirements: string | undefined): Promise<Check[]> {
  const unscored = requirements === undefined ? new Set<string>() : await unscoredScenarios(requirements);
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('checks.json')).sort();
  const found = files.map(async (file) => {
    // .../server-tools-list-2026-11-21T02-30-40-595Z/checks.json; client scenarios have no prefix and may hold a slash.
    const scenario = dirname(file)
      .replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '')
      .replace(/^server-/, '');
    const checks = z.array(CHECK).parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    return checks.map((check) => ({ ...check, scenario, scored: !unscored.has(scenario) }));
  });
  return (await Promise.all(found)).flat();
}

async function unscoredScenarios(requirements: string): Promise<Set<string>> {
  const folder = join(JUDGES, 'node_modules/@modelcontextprotocol/conformance/requirements');
  const text = await readFile(join(folder, `${requirements}.yaml`), 'utf8').catch(() => '');
  return new Set(REQUIREMENTS.parse(parse(text) ?? {}).not_scored.map((entry) => entry.scenario));
}

/** One line a failure, those that count first, and a summary line. */
export function formatVerdict({ of, code, checks, printed }: Verdict, requirements = 'suite'): string {
  const count = (status: Check['status'], scored: boolean) =>
    checks.filter((check) => check.status === status && check.scored === scored).length;
  const lines = checks
    .filter((check) => check.status === 'FAILURE' || (check.status === 'WARNING' && check.scored))
    .sort((a, b) => Number(b.scored) - Number(a.scored))
    .map(({ scored, status, scenario, id, description, errorMessage = description }) => {
      const weight = scored ? status.toLowerCase() : 'not scored';
      return `  ${weight}: ${scenario} / ${id}: ${errorMessage.slice(0, 300)}`;
    });
  if (checks.length === 0) lines.push(printed.slice(-2000));
  lines.push(
    `conformance ${requirements} ${of}: ${count('SUCCESS', true)} passed, ${count('FAILURE', true)} failed, ` +
      `${count('WARNING', true)} warnings; not scored: ${count('SUCCESS', false)} passed, ` +
      `${count('FAILURE', false)} failed; exit ${code}`,
  );
  return lines.join('\n');
}
