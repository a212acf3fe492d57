import { atLeast, atMost, type Counted } from '#plugins/trajectory-archive/api';
import type { EvolutionConfig } from '../config.ts';
import { failuresOf } from '../evidence/failures.ts';
import type { ToolEvidence } from '../evidence/gather.ts';
import type { UsedRun } from '../evidence/runs.ts';
import { sum } from '../uses.ts';

/** What is worth telling of a tool, each beyond chance; figures are what it rests on. */
export interface Findings {
  readonly reliable?: Counted;
  readonly unreliable?: Counted;
  readonly works: readonly { readonly scenario: string; readonly counted: Counted }[];
  readonly fails: readonly { readonly scenario: string; readonly counted: Counted }[];
  readonly errors: readonly { readonly text: string; readonly counted: Counted }[];
  readonly arguments: readonly { readonly argument: string; readonly with: Counted; readonly without: Counted }[];
  readonly timeouts?: Counted;
}

const MOST_SCENARIOS = 3;
const MOST_ERRORS = 2;
const MOST_ARGUMENTS = 2;
/** A text of one run may be about that run alone. */
const FEWEST_RUNS = 2;

type Thresholds = Pick<EvolutionConfig, 'worksFrom' | 'failsUntil' | 'frequentFrom'>;

export function findingsOf(evidence: ToolEvidence, runs: readonly UsedRun[], limits: Thresholds): Findings {
  const { tool, known, statistics } = evidence;
  const scenarios = [...evidence.scenarios].map(([scenario, counted]) => ({ scenario, counted }));
  const all = scenarios.map(({ counted }) => counted).reduce(sum, { uses: 0, successes: 0 });
  const works = scenarios.filter(({ counted }) => atLeast(counted) >= limits.worksFrom);
  const fails = scenarios.filter(({ counted }) => {
    const others = { uses: all.uses - counted.uses, successes: all.successes - counted.successes };
    return atMost(counted) <= limits.failsUntil || atMost(counted) < atLeast(others);
  });
  const failures = failuresOf(tool, runs);
  const timeouts = { uses: known.uses, successes: statistics?.timeouts ?? 0 };
  return {
    ...(works.length === 0 && atLeast(known) >= limits.worksFrom && { reliable: known }),
    ...(fails.length === 0 && atMost(known) <= limits.failsUntil && { unreliable: known }),
    works: works
      .filter((each) => !fails.includes(each))
      .sort((a, b) => atLeast(b.counted) - atLeast(a.counted) || (a.scenario < b.scenario ? -1 : 1))
      .slice(0, MOST_SCENARIOS),
    fails: fails.sort((a, b) => atMost(a.counted) - atMost(b.counted)).slice(0, MOST_SCENARIOS),
    errors: failures.errors
      .filter((each) => each.runs >= FEWEST_RUNS)
      .map(({ text, count }) => ({ text, counted: { uses: failures.calls, successes: count } }))
      .filter(({ counted }) => atLeast(counted) >= limits.frequentFrom)
      .slice(0, MOST_ERRORS),
    arguments: failures.arguments.slice(0, MOST_ARGUMENTS),
    ...(atLeast(timeouts) >= limits.frequentFrom && { timeouts }),
  };
}

/** What is said, without figures. Empty: there is nothing to say. */
export function gistOf(findings: Findings): string {
  const said = [
    findings.reliable && 'reliable',
    findings.unreliable && 'unreliable',
    findings.timeouts && 'times out',
    ...findings.works.map(({ scenario }) => `works: ${scenario}`),
    ...findings.fails.map(({ scenario }) => `fails: ${scenario}`),
    ...findings.errors.map(({ text }) => `error: ${text}`),
    ...findings.arguments.map(({ argument }) => `argument: ${argument}`),
  ];
  return said
    .filter((each) => each !== undefined)
    .sort()
    .join('\n');
}
