import { expect, test } from 'vitest';
import type { SeedDraft } from '#plugins/synthesizer/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { evidenceOf, openChecks, seedOf } from './made.ts';

const check = await openChecks();
const RUN = evidenceOf([
  'Who won the race of 1987 in Oslo? My number is KX4471. Tell me in a sentence.',
  {
    tool: 'search',
    args: { q: 'race Oslo' },
    result:
      'race 1987: winner Marta Lindqvist, time 48213 s, id RC-20931, price 1,250.75, see https://races.example/r/20931x',
  },
  'agent: Marta Lindqvist won it after 48213 seconds, and she received 1,250.75 kroner (RC-20931, https://races.example/r/20931x).',
  'Thanks!',
]);
const of = async (more: Partial<SeedDraft>, run: Partial<ImportedRun> = {}) =>
  check('answer-leak', seedOf(more), { ...RUN, run: { ...RUN.run, ...run } });

test.each<[string, Partial<SeedDraft>]>([
  ['a number', { description: 'Find out who needed 48213 seconds in the race of 1987.' }],
  ['a number, spelt otherwise', { description: 'Find out who got 1250.75 kroner in the race of 1987.' }],
  ['a code', { constraints: ['Look at race RC-20931'] }],
  ['an address', { description: 'Read https://races.example/r/20931x and tell who won.' }],
  ['a name', { success_criteria: ['The answer names Marta Lindqvist'] }],
  ['a sentence', { description: 'Find the winner. After 48 thousand seconds. She received 1,250.75 kroner for it.' }],
])('refuses what only results told: %s', async (_, more) => {
  expect((await of(more)).verdict).toBe('failed');
});

test.each<[string, Partial<SeedDraft>]>([
  ['what the user gave', { description: 'Who won the race of 1987 in Oslo? My number is KX4471.' }],
  ['round numbers and years', { description: 'Find races since 1990 with a price above 5000 kroner.' }],
  ['other values', { description: 'Find out who won race RC-99999 and its 12345 spectators.' }],
  ['names of techniques', { description: 'Encode the name with base64 and hash it with sha256 in python3.12.' }],
  ['words of the answer', { description: 'Tell how many seconds the winner needed, and what she received.' }],
])('lets pass: %s', async (_, more) => {
  expect((await of(more)).verdict).toBe('passed');
});

test('the answer of the record, as a whole, in its sentences, and in many words in a row', async () => {
  const answer =
    'The old bridge was closed in spring because two of its cables had rusted through. It opens again next year.';
  const leaks = (description: string, said = answer) =>
    of({ description }, { outcome: { success: true, answer: said } }).then(({ verdict }) => verdict);
  expect(await leaks(`Find out why. ${answer}`)).toBe('failed');
  expect(await leaks('Say why. It opens again next year. Be short.')).toBe('passed');
  expect(
    await leaks('Explain how the bridge was closed in spring because two of its cables had rusted, in a report.'),
  ).toBe('failed');
  expect(await leaks('Find out why the old bridge was closed in spring.')).toBe('passed');
  expect(
    await leaks('找出原因。桥梁因为两根主缆严重锈蚀而在春天关闭。', '桥梁因为两根主缆严重锈蚀而在春天关闭。'),
  ).toBe('failed');
});

test.each([
  ['Paris', 'Name the capital; it is Paris.', 'failed'],
  ['Paris', 'Name the capital of France.', 'passed'],
  ['42', 'Tell the number. The answer is 42, say so.', 'passed'],
  ['The total is 4711', 'The answer: 4711', 'failed'],
  ['flag{d0nt_l00k}', 'Solve it; it ends with flag{d0nt_l00k}.', 'failed'],
  ['done', 'Say when it is done.', 'passed'],
  ['Task completed successfully', 'See that the task completed successfully.', 'passed'],
  ['北京', '请问首都是哪里？答案是北京。', 'failed'],
] as const)('a short answer: %s in %j: %s', async (answer, description, verdict) => {
  const found = await of({ description }, { outcome: { success: true, answer } });
  expect(found.verdict).toBe(verdict);
});

test('what an agent knew before a tool told it is no answer, nor is a part of a tool name', async () => {
  const evidence = evidenceOf([
    'Trains to NYC, please.',
    { tool: '12306-mcp/search', args: { to: 'New York', code: 'ABC12399' }, result: 'New York ABC12399 by 12306-mcp' },
    'agent: New York it is, ABC12399, says 12306-mcp.',
  ]);
  const seed = seedOf({ description: 'Find trains to New York with code ABC12399, by `12306-mcp/search`.' });
  expect((await check('answer-leak', seed, evidence)).verdict).toBe('passed');
});

test('placeholders of redaction tell nothing, and a run without an answer leaves it open', async () => {
  const evidence = evidenceOf(['Write to her.', { tool: 'look', result: '<EMAIL_1>' }, 'agent: Sent to <EMAIL_1>.']);
  const seed = seedOf({ description: 'Send a mail to <EMAIL_1> about the meeting.' });
  expect((await check('answer-leak', seed, evidence)).verdict).toBe('passed');
  expect((await check('answer-leak', seed, evidenceOf(['Write to her.']))).verdict).toBe('unverified');
});
