/** Trajectories of agents as OpenAI messages, made up: each number is another task, each trial another run of it. */
export interface MadeOptions {
  readonly trial?: number;
  readonly success?: boolean;
  /** Put into the user's words, a tool's result, and a thought. */
  readonly planted?: {
    readonly user?: string;
    readonly result?: string;
    readonly args?: string;
    readonly thought?: string;
  };
}
const THINGS = [
  'ledger',
  'garden',
  'museum',
  'engine',
  'harbour',
  'library',
  'vineyard',
  'observatory',
  'bakery',
  'theatre',
];
const PLACES = [
  'Lisbon',
  'Oslo',
  'Kyoto',
  'Quito',
  'Nairobi',
  'Riga',
  'Perth',
  'Tunis',
  'Lima',
  'Hanoi',
  'Cork',
  'Graz',
];
const VERBS = ['count', 'rename', 'compare', 'translate', 'archive', 'measure', 'repair', 'publish', 'sort', 'inspect'];
const COLOURS = [
  'amber',
  'cobalt',
  'ivory',
  'scarlet',
  'olive',
  'indigo',
  'copper',
  'violet',
  'teal',
  'crimson',
  'pearl',
];

const pick = (from: readonly string[], n: number): string => from[n % from.length]!;

export function madeTrajectory(
  n: number,
  { trial = 0, success = n % 3 !== 0, planted = {} }: MadeOptions = {},
): object {
  const thing = pick(THINGS, n);
  const place = pick(PLACES, Math.floor(n / 10));
  const verb = pick(VERBS, Math.floor(n / 120) + n);
  const colour = pick(COLOURS, n * 7 + Math.floor(n / 11));
  const name = `${colour}-${thing}-${1000 + n * 37}`;
  const request = `Please ${verb} every ${colour} ${thing} record of the office in ${place}, number ${name}, and tell me which of them were changed since week ${(n % 50) + 1}.`;
  return {
    id: `made-${n}-${trial}`,
    success,
    messages: [
      { role: 'system', content: 'You look after the records of an office. Use the tools that you have.' },
      { role: 'user', content: `${request}${planted.user ?? ''}` },
      {
        role: 'assistant',
        content: planted.thought ?? null,
        tool_calls: [
          {
            id: `call_${n}_1`,
            type: 'function',
            function: {
              name: `find_${thing}`,
              arguments: JSON.stringify({ name, place, ...(planted.args && { note: planted.args }) }),
            },
          },
        ],
      },
      {
        role: 'tool',
        tool_call_id: `call_${n}_1`,
        content: `found ${n + 3} records of ${name}. ${planted.result ?? ''}`,
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: `call_${n}_2`,
            type: 'function',
            function: { name: `${verb}_records`, arguments: JSON.stringify({ name, week: (n % 50) + 1, trial }) },
          },
        ],
      },
      { role: 'tool', tool_call_id: `call_${n}_2`, content: 'done' },
      { role: 'assistant', content: `All ${n + 3} records of the ${thing} in ${place} are done; trial ${trial}.` },
    ],
  };
}

export const madeLines = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(madeTrajectory(from + n))}\n`).join('');
