import type { Counted } from '#plugins/trajectory-archive/api';

/** worse: take it back. fine: keep it. open: nobody can say yet. */
export type Verdict = 'worse' | 'fine' | 'open';

/** To which shares of its former success a harmful change may bring a tool, each as likely as the others. */
const WORSE = [0.9, 0.8, 0.65, 0.5, 0.35];
/** Odds at which it counts as worse, and the fewest uses that may say so. */
const ODDS = Math.log(25);
const FEWEST = 10;
/** Undecided for so many times `keepUses`, it is kept: what little it may harm cannot be told from chance. */
const PATIENCE = 5;
const GRID = 200;

/**
 * Is it worse since than it was before? A test martingale: the odds of "brought to one of these shares" against "as before",
 * over all that the success before may have been, given its uses. Where nothing has changed they get to 25 in at most 1 of
 * 25 cases, ever, however often one looks (Ville's inequality). Kept once, after `keepUses`, they do not speak for worse.
 */
export function verdict(baseline: Counted, since: Counted, keepUses: number): Verdict {
  if (since.uses < FEWEST) return 'open';
  const odds = oddsOfWorse(baseline, since);
  if (odds >= ODDS) return 'worse';
  return since.uses >= keepUses && (odds <= 0 || since.uses >= PATIENCE * keepUses) ? 'fine' : 'open';
}

/** Their natural logarithm. */
function oddsOfWorse(baseline: Counted, since: Counted): number {
  const same: number[] = [];
  const worse: number[] = [];
  for (let step = 0; step < GRID; step++) {
    const share = (step + 0.5) / GRID;
    const weight = logLikelihood(share, baseline);
    same.push(weight + logLikelihood(share, since));
    for (const part of WORSE) worse.push(weight + logLikelihood(share * part, since) - Math.log(WORSE.length));
  }
  return logOfSum(worse) - logOfSum(same);
}

const logLikelihood = (share: number, { uses, successes }: Counted): number =>
  successes * Math.log(share) + (uses - successes) * Math.log1p(-share);

function logOfSum(logs: readonly number[]): number {
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}
