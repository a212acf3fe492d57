import { expect, test } from 'vitest';
import { dialogue, noModel, open, type Strategies } from './open-strategies.ts';

const { essenceStructural }: Strategies = await open({}, false);
const essence = (of: ReturnType<typeof dialogue>) => essenceStructural.essence(of, noModel);

const BOOKING = [
  "Hi! I'm looking to book a flight from New York to Seattle on May 20th.",
  'agent: Could you give me your user ID?',
  'Sure, my user ID is mia_li_3668.',
  { tool: 'get_user_details', args: { user_id: 'mia_li_3668' }, result: '{"name": "Mia"}' },
  'agent: One-way? Which cabin?',
  '1. One-way\n2. Economy\n3. No, I do not want travel insurance.',
  { tool: 'search_direct_flight', args: { origin: 'JFK' }, result: '[{"flight_number": "HAT069", "price": 152}]' },
  'agent: There is HAT069 at 06:00 for $152.',
  "Neither of those options works for me as I don't want to fly before 11 AM EST.",
  'agent: Then HAT136 at 12:00?',
  "I'll go with the first option, Flight HAT136.",
  { tool: 'think', args: { thought: 'book it' } },
  { tool: 'book_reservation', args: { flight: 'HAT136' }, result: 'Error: payment does not add up' },
  { tool: 'book_reservation', args: { flight: 'HAT136' }, result: '{"reservation_id": "HATHAT"}' },
  'Thank you so much for your help! ###STOP###',
];

test('merges the turns of a dialogue into one request, without talk and without what only results told', async () => {
  const made = await essence(dialogue(BOOKING));
  expect(made).toMatchObject({ task_type: 'booking', domain: 'airline', complexity: 'medium' });
  expect(made.description).toBe(
    'Book a flight from New York to Seattle on May 20th. One-way. Economy. No travel insurance. Do not fly before 11 AM EST.',
  );
  expect(made.tools).toEqual(['get_user_details', 'search_direct_flight', 'book_reservation']);
  expect(made.key_features).toContain('recovers from failed calls');
});

test('tells kinds of task by what was asked and what was done', async () => {
  const kind = async (...parts: Parameters<typeof dialogue>[0]) => {
    const { task_type, domain } = await essence(dialogue(parts));
    return `${task_type}, ${domain}`;
  };
  expect(await kind('Please cancel my flight to Boston.', { tool: 'cancel_reservation' })).toBe(
    'cancellation, airline',
  );
  expect(await kind('I want to change my flight to Boston.', { tool: 'update_reservation_flights' })).toBe(
    'modification, airline',
  );
  expect(await kind("Tell me the price of nvidia's stock right now.", { tool: 'finance/get_price' })).toBe(
    'information lookup, finance',
  );
  expect(
    await kind('What is the weather in Paris? Give me some advice on what to wear.', { tool: 'weather/get_weather' }),
  ).toBe('recommendation, weather');
  expect(
    await kind('Solve this CTF challenge: decrypt msg.enc', { tool: 'bash', args: { command: 'python x.py' } }),
  ).toBe('ctf challenge, cybersecurity');
  expect(
    await kind('Read /root/a.csv and plot a bar chart of sales by month.', { tool: 'chart/generate_bar_chart' }),
  ).toBe('data analysis, data');
  expect(await kind('帮我预订明天从北京到上海的机票', { tool: 'book_flight' })).toBe('booking, airline');
  expect(await kind('修复 utils.py 中函数的 bug', { tool: 'edit' })).toBe('bug fix, software engineering');
  expect(await kind('我要退货，尺码不合适', { tool: 'return_order_items' })).toBe('return, retail');
  // Words for changes mean something else in a run that changed nothing.
  expect(
    await kind('Tell me the price of the Samsung stock and its daily percentage change.', {
      tool: 'finance/get_ticker',
    }),
  ).toBe('information lookup, finance');
});

test('takes the task out of what harnesses put around it', async () => {
  const swe = await essence(
    dialogue([
      "We're currently solving the following issue within our repository. Here's the issue text:\nISSUE:\nTimeDelta loses precision\nThe result is `344`, but `345` is correct.\n\nINSTRUCTIONS:\nNow, you're going to solve this issue on your own. Remember, YOU CAN ONLY ENTER ONE COMMAND AT A TIME.\n(Open file: n/a)\n(Current directory: /repo)\nbash-$",
      { tool: 'edit', args: { command: 'edit 1:1' } },
      { tool: 'submit' },
    ]),
  );
  expect(swe.description).toBe(
    'Fix this issue in the repository: TimeDelta loses precision. The result is `344`, but `345` is correct.',
  );
  expect(swe).toMatchObject({ task_type: 'bug fix', tools: ['edit'] });
  const hands = await essence(
    dialogue([
      '<uploaded_files>\n/testbed\n</uploaded_files>\nConsider:\n<issue_description>\nmerge loses the index name\n</issue_description>\nCan you help me implement the changes?',
    ]),
  );
  expect(hands.description).toBe('Fix this issue in the repository: merge loses the index name');
});

test('leaves out demonstrations, and results that a harness told as the user', async () => {
  const of = dialogue(['Count the lines of a.txt.', { tool: 'wc', args: {}, result: '12 a.txt' }, '12 a.txt']);
  const demo = { role: 'user', text: 'Book a flight to Rome.', demo: true } as const;
  const made = await essence({ ...of, run: { ...of.run, messages: [demo, ...of.run.messages] } });
  expect(made.description).toBe('Count the lines of a.txt.');
});

test('speaks the language of the user', async () => {
  const made = await essence(
    dialogue([
      '你好，我想订一张下周三从北京到上海的高铁票，价格不超过600元。',
      'agent: 几点？',
      '上午10点之前出发就行，谢谢！',
      { tool: 'book-ticket' },
      '谢谢你的帮助！',
    ]),
  );
  expect(made.description).toBe('订一张下周三从北京到上海的高铁票，价格不超过600元。上午10点之前出发就行。');
});

test('counts different work, not failed attempts, for complexity', async () => {
  const failing = Array.from({ length: 20 }, () => ({ tool: 'fetch', args: { url: 'x' }, result: 'Error: timeout' }));
  expect((await essence(dialogue(['Fetch x.', ...failing]))).complexity).toBe('low');
  const many = Array.from({ length: 20 }, (_, n) => ({ tool: 'fetch', args: { url: n }, result: 'ok' }));
  expect((await essence(dialogue(['Fetch all.', ...many]))).complexity).toBe('high');
});

test('a record without a request says so', async () => {
  expect((await essence(dialogue([{ tool: 'ls' }]))).description).toBe('(The record holds no request.)');
});
