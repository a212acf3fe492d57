import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { GapDetector, GapTool } from '#plugins/gap-detector/api';
import gapDetector from '../../../plugins/gap-detector/index.ts';
import { openPlugin } from '../open-plugin.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const registry = { snapshot: { version: 1, servers: new Map(), tools: new Map() } };
async function open(): Promise<GapDetector> {
  const { plugin, close } = await openPlugin(gapDetector, {}, { registry });
  closing.push(close);
  return plugin.detector;
}

const LIGHT = 'Sets the light of a room';
const light = (scenes?: readonly string[]): GapTool => ({
  name: 'set_light',
  description: LIGHT,
  parameters: { properties: { scene: { type: 'string', ...(scenes && { enum: scenes }) } } },
});
const words = [
  'weather',
  'mail',
  'invoice',
  'song',
  'train',
  'recipe',
  'translate',
  'photo',
  'stock',
  'calendar',
  'map',
];
const many = words.map((word): GapTool => ({ name: `${word}_tool`, description: `Finds one ${word} by its name` }));

test('a listed value of a parameter that the task names speaks for the tool', async () => {
  const detector = await open();
  const task = 'Make the living room look like a deep sunset';
  const [without, other, named] = await Promise.all(
    [light(), light(['office', 'reading']), light(['office', 'Deep_Sunset'])].map((tool) =>
      detector.analyze({ task, tools: [tool] }),
    ),
  );
  expect(named!.coverage).toBeGreaterThan(without!.coverage);
  expect(other!.coverage).toBe(without!.coverage);
});

test('the same tools sent afresh, and other lists in between, change no answer', async () => {
  const detector = await open();
  const lists = [many, many.slice(3), many.toReversed(), [...many, light()], many.slice(0, 9), [light(['sunset'])]];
  const ask = (tools: readonly GapTool[]) => detector.analyze({ task: 'translate the recipe of this song', tools });
  const first = await Promise.all(lists.map(ask));
  for (let n = 0; n < 2; n++)
    for (const [at, tools] of lists.entries()) expect(await ask(structuredClone(tools))).toEqual(first[at]);
});

test('words far down in a long description still count as covered, and less than those of its first sentence', async () => {
  const detector = await open();
  const lexicon = readFileSync(new URL('../../../plugins/gap-detector/lexicon.txt', import.meta.url), 'utf8').split(
    '\n',
  );
  const common = lexicon.slice(3_000, 3_140).join(' ');
  const late = {
    name: 'helper',
    description: `Does several things for its owner. ${common} weather forecast`,
  };
  const early = { name: 'helper', description: `Tells the weather forecast of a city. ${common}` };
  const task = 'weather forecast';
  const answers = await Promise.all([late, early].map((tool) => detector.analyze({ task, tools: [tool] })));
  expect(answers.map(({ candidates }) => candidates[0]?.reason)).toEqual(
    Array(2).fill('covers 100 % of the words of the task'),
  );
  expect(answers[1]!.coverage).toBeGreaterThan(answers[0]!.coverage);
});

test('words that tools are told with are near, though they mean other things elsewhere', async () => {
  const detector = await open();
  const tools: readonly GapTool[] = [
    {
      name: 'python_execute',
      description: 'Runs Python 3 code in a sandbox and returns stdout, stderr and new files.',
    },
    { name: 'python_session_open', description: 'Starts a persistent Python session and returns its session_id.' },
    { name: 'python_install_packages', description: 'Installs packages with pip for one session.' },
  ];
  expect(await detector.analyze({ task: 'run some python code', tools })).toMatchObject({ sufficient: true });
  expect(await detector.analyze({ task: 'draw a flowchart diagram', tools })).toMatchObject({ sufficient: false });
});
