import path from 'node:path';
import type { Estimate, Money, SynthesisResult } from '#plugins/synthesizer/api';

const SHOWN = 5;
/** What was left out of these is more of a surprise. */
const LIKE_DATA = /\.(?:jsonl?|ndjson|traj|gz)$/i;

/** What a run did, for people. */
export function summaryText(result: SynthesisResult): string {
  const { seen, imported, duplicate, quarantined, waiting, failed } = result;
  const refused = [
    ...result.refused.filter(({ file }) => LIKE_DATA.test(file)),
    ...result.refused.filter(({ file }) => !LIKE_DATA.test(file)),
  ];
  const folder = result.files[0] === undefined ? '' : path.dirname(result.files[0]);
  return lines([
    `${count(seen, 'record')} seen: ${imported} imported, ${duplicate} known already, ${quarantined} in quarantine`,
    ...(waiting > 0
      ? [`${count(waiting, 'byte')} of records that are not finished yet; they are read once they are`]
      : []),
    ...refused.slice(0, SHOWN).map(({ file, reason }) => `no trajectories in ${file}: ${reason}`),
    ...(refused.length > SHOWN ? [`and ${count(refused.length - SHOWN, 'more file')} without trajectories`] : []),
    `${count(result.essences, 'essence')}, ${count(result.clusters, 'task')}, ${count(result.seeds, 'seed')} kept`,
    ...(failed > 0 ? [`${count(failed, 'job')} failed; the report says why, and the next run tries again`] : []),
    moneyText(result.money),
    ...(result.files.length > 0
      ? [`files: ${folder}${path.sep}{${result.files.map((file) => path.basename(file)).join(',')}}`]
      : []),
  ]);
}

function moneyText(money: Money): string {
  if (money.calls + money.cachedCalls === 0) return 'no model was asked';
  const { calls, unfinishedCalls, unpriced, inputTokens, outputTokens, usd, cachedCalls } = money;
  const cut = unfinishedCalls > 0 ? `, ${unfinishedCalls} of them cut off` : '';
  const free = unpriced > 0 ? ` without the ${count(unpriced, 'call')} of a model that has no price` : '';
  return `${count(calls, 'model call')} so far${cut}: ${inputTokens} + ${outputTokens} tokens, $${usd.toFixed(4)}${free}; ${cachedCalls} answered from what is kept`;
}

export function estimateText({ calls, inputTokens, outputTokens, usd, seconds }: Estimate): string {
  if (calls === 0) return 'no model will be asked\n';
  const price = usd === undefined ? 'the model has no price' : `about $${usd.toFixed(usd < 1 ? 4 : 2)}`;
  const time = seconds === undefined ? '' : `, about ${seconds} s at 2 s a call`;
  return lines([`${count(calls, 'model call')}, ${inputTokens} + ${outputTokens} tokens, ${price}${time}`]);
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
