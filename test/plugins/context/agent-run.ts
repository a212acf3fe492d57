import type { Message } from '#plugins/context/api';

/** Repeatable numbers from 0 to 1 (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A number whose logarithm is normally distributed. */
const logNormal = (random: () => number, median: number, sigma: number): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
};

const WORDS =
  'server starts with the file and reads each line until value of option is found then returns result for next request error path query index table row user time'.split(
    ' ',
  );
const words = (random: () => number, count: number): string =>
  Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');

export const TASK: Message = {
  id: 'task',
  role: 'user',
  kind: 'task',
  parts: [{ type: 'text', text: 'Find out why the nightly import fails, mend it, and write down what was wrong.' }],
  at: 0,
};

/** A step of an agent that works alone: some words, one call, and a result of log-normal size (median about 1,000 tokens). */
export function agentStep(step: number, random: () => number): Message {
  return {
    id: `step-${step}`,
    role: 'assistant',
    parts: [
      { type: 'text', text: words(random, 40 + Math.floor(random() * 60)) },
      {
        type: 'tool',
        call: `call-${step}`,
        name: 'read_file',
        args: JSON.stringify({ path: `/srv/import/${step}.log`, from: step, note: words(random, 20) }),
        state: 'done',
        output: words(random, Math.min(20_000, Math.round(logNormal(random, 1000, 0.9)))),
      },
    ],
    at: step,
  };
}
