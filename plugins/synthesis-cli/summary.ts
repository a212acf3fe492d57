import path from 'node:path';
import type { Estimate, Money, SynthesisResult } from '#plugins/synthesizer/api';

const SHOWN = 5;

/** What a run did, for people. */
export function summaryText(result: SynthesisResult): string {
  const { seen, imported, duplicate, quarantined, refused, waiting, failed } = result;
  const folder = result.files[0] === undefined ? '' : path.dirname(result.files[0]);
  return lines([
    `${count(seen, 'record')} seen: ${imported} imported, ${duplicate} known already, ${quarantined} in quarantine`,
    ...(waiting > 0
      ? [`${waiting} bytes belong to records that are not finished yet; they are read once they are`]
      : []),
    ...refused.slice(0, SHOWN).map(({ file, reason }) => `no trajectories in ${file}: ${reason}`),
    ...(refused.length > SHOWN ? [`and ${refused.length - SHOWN} more files without trajectories`] : []),
    `${count(result.essences, 'essence')}, ${count(result.clusters, 'task')}, ${count(result.seeds, 'seed')} kept`,
    ...(failed > 0 ? [`${count(failed, 'job')} failed; the report says why, and the next run tries them again`] : []),
    moneyText(result.money),
    `files: ${folder}${path.sep}{${result.files.map((file) => path.basename(file)).join(',')}}`,
  ]);
}

export function moneyText(money: Money): string {
  if (money.calls + money.cachedCalls === 0) return 'no model was asked';
  const unpriced = money.unpriced > 0 ? `, ${money.unpriced} calls of a model without a price` : '';
  const cut = money.unfinishedCalls > 0 ? `, ${money.unfinishedCalls} of them cut off` : '';
  return `${count(money.calls, 'model call')} so far${cut}: ${money.inputTokens} + ${money.outputTokens} tokens, $${money.usd.toFixed(4)}${unpriced}; ${money.cachedCalls} answered from what is kept`;
}

export function estimateText({ calls, inputTokens, outputTokens, usd, seconds }: Estimate): string {
  if (calls === 0) return 'no model will be asked\n';
  const price = usd === undefined ? 'the model has no price' : `about $${usd.toFixed(usd < 1 ? 4 : 2)}`;
  const time = seconds === undefined ? '' : `, about ${seconds} s at 2 s a call`;
  return lines([`${calls} model calls, ${inputTokens} + ${outputTokens} tokens, ${price}${time}`]);
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
