import { expect, test } from 'vitest';
import { linesOf, runOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll } from './reading.ts';

const tree = (): { win: boolean; answer_generation: object } =>
  JSON.parse(linesOf('12_toolbench.json').join('\n')) as { win: boolean; answer_generation: object };

test('only the branch that won is the run', async () => {
  const run = await runOf('12_toolbench.json');
  expect(run).toMatchObject({
    format: 'toolbench',
    task: '12',
    request: 'What does the phone cost?',
    outcome: { success: null, evidence: 'finish: give_answer', answer: 'It costs 900.' },
    toolDefinitions: [{ name: 'products_for_seo_api' }],
  });
  expect(run.messages.map(told)).toEqual([
    'user: What does the phone cost?',
    'assistant: Try the shop. > call_3 products_for_seo_api {"query":"phone"}',
    'tool call_3 fine: {"error":"","response":"900"}',
    expect.stringMatching(/^assistant: {2}> call_5 Finish /),
    expect.stringMatching(/^tool call_5 fine: /),
  ]);
});

test('a tree in which no branch won: what was tried last, as a run that failed', async () => {
  const { runs, bad } = await readAll(await openFormats(), fileOf(JSON.stringify({ ...tree(), win: false }), 'x.json'));
  expect(bad).toEqual([]);
  expect(runs[0]!.outcome).toEqual({ success: false, evidence: 'no answer' });
  expect(runs[0]!.messages.length).toBeGreaterThan(1);
});

test('a record without its query has it in the prompts, and its answer as arguments of the last call', async () => {
  const { query, ...generated } = tree().answer_generation as { query: string };
  const prompt = [
    { role: 'system', content: 'You have tools.' },
    { role: 'user', content: `\n${query}\nBegin!\n` },
  ];
  const final_answer = JSON.stringify({ return_type: 'give_answer', final_answer: 'It costs 900.' });
  const record = { ...tree(), answer_generation: { ...generated, final_answer, train_messages: [prompt] } };
  const { runs } = await readAll(await openFormats(), fileOf(JSON.stringify(record), '12_x.json'));
  expect(runs[0]).toMatchObject({ request: query, counts: { user: 1 }, outcome: { answer: 'It costs 900.' } });
});

test('chains that were tried one after another: the one that ended with the answer', async () => {
  const node = (node_type: string, description: string, observation = ''): object => ({
    node_type,
    description,
    observation,
  });
  const chain = (answer: string): object[] => [
    node('Thought', `think ${answer}`),
    node('Action', 'Finish'),
    node('Action Input', JSON.stringify({ return_type: 'give_answer', final_answer: answer })),
  ];
  const trys = [{ chain: chain('first') }, { chain: chain('It costs 900.') }];
  const record = { win: true, try_count: 2, trys, answer_generation: tree().answer_generation };
  const { runs } = await readAll(await openFormats(), fileOf(JSON.stringify(record), 'cot.json'));
  expect(runs[0]!.messages[1]!.text).toBe('think It costs 900.');
});
