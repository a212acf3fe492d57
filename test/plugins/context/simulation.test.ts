import { expect, test } from 'vitest';
import { type Message, TokenCounter } from '#plugins/context/api';
import { agentStep, randomOf, TASK } from './agent-run.ts';
import { openContext, scriptedLlm } from './open-context.ts';
import { Costs, cutToTheBrim } from './policy-costs.ts';

const STEPS = 400;
const WINDOW = 128_000;
const ANSWER = 4096;
const fixed = { system: 'You are an agent. '.repeat(400), tools: JSON.stringify({ tool: 'read_file' }).repeat(300) };
const counter = new TokenCounter();
const fixedTokens = counter.text(fixed.system) + counter.text(fixed.tools);
const promptOf = (messages: readonly Message[]) => [
  ['fixed', fixedTokens] as const,
  ...messages.map((message) => [message, counter.message(message)] as const),
];

/** The run with the default chain. */
async function ours(seed: number) {
  const llm = scriptedLlm(() => ({ goal: 'mend the import', state: 'half of it is read', facts: ['a.log is cut'] }));
  const opened = await openContext({ llm });
  const costs = new Costs();
  const window = opened.context.open({ messages: [TASK], windowTokens: WINDOW, answerTokens: ANSWER });
  const random = randomOf(seed);
  let [edits, overflows] = [0, 0];
  for (let step = 0; step < STEPS; step++) {
    const summaries = llm.asked.length;
    const fitted = await window.fit(fixed);
    for (const { system, user } of llm.asked.slice(summaries)) costs.summary(counter.text(system + user));
    if (fitted.edits.some(({ taken }) => taken)) edits++;
    if (fitted.tokens > WINDOW - ANSWER) overflows++;
    costs.request(promptOf(fitted.messages));
    window.add(agentStep(step, random));
  }
  await opened.close();
  return { costs, edits, overflows, summaries: llm.asked.length };
}

/** The same run, cut to the brim. */
function brim(seed: number) {
  const costs = new Costs();
  const random = randomOf(seed);
  let overflows = 0;
  let history: Message[] = [TASK];
  for (let step = 0; step < STEPS; step++) {
    history = cutToTheBrim(history, WINDOW - ANSWER, counter);
    costs.request(promptOf(history));
    if (fixedTokens + counter.messages(history) > WINDOW - ANSWER) overflows++;
    history.push(agentStep(step, random));
  }
  return { costs, overflows };
}

const million = (tokens: number): string => (tokens / 1e6).toFixed(2);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

test.each([1, 2, 3])(
  '400 steps in one window, run %i: the cache holds, nothing overflows, and it is cheap',
  async (seed) => {
    const run = await ours(seed);
    const other = brim(seed);
    const share = run.costs.cost / other.costs.cost;
    console.log(
      `input ${million(run.costs.input)} M, cached ${percent(run.costs.cachedShare)}, cost ${million(run.costs.cost)}, ${run.edits} edits, ` +
        `${run.summaries} summaries; cut to the brim: input ${million(other.costs.input)} M, cached ${percent(other.costs.cachedShare)}, ` +
        `cost ${million(other.costs.cost)}, ${other.overflows} overflows; ${percent(share)} of its cost`,
    );
    expect(run.overflows).toBe(0);
    expect(other.overflows).toBeGreaterThan(100);
    expect(run.costs.cachedShare).toBeGreaterThanOrEqual(0.95);
    expect(share).toBeLessThanOrEqual(0.15);
    expect(run.edits).toBeLessThanOrEqual(STEPS / 15);
    expect(run.summaries).toBeLessThanOrEqual(2);
  },
);
