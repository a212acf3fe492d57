import type { AgentEvent } from '#plugins/agent-runtime/api';

/** Tells once, at the first step, that a limit in money holds nothing back, because the model has no price. */
export function unpricedWarning(maxUsd: number | undefined, say: (line: string) => void): (event: AgentEvent) => void {
  let isTold = maxUsd === undefined;
  return (event) => {
    if (isTold || (event.type !== 'step' && event.type !== 'done')) return;
    const { unpriced } = event.type === 'step' ? event.spent : event.result.spent;
    if (unpriced === 0) return;
    isTold = true;
    say('warning: the limit in US dollars does not hold: the model has no price (llm.prices names the file of prices)');
  };
}
