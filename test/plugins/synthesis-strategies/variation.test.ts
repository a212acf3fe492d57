import { expect, test } from 'vitest';
import { dialogue, noModel, open, type Strategies, UNJUDGED, withEssence } from './open-strategies.ts';

const strategies: Strategies = await open({}, false);
const seed = async (of: ReturnType<typeof dialogue>, shortest?: number) =>
  strategies.seedVariation.seed(await withEssence(strategies, of, shortest), noModel);

const CANCEL = [
  'Hi! Can you assist me with canceling a reservation?',
  'agent: Your user ID?',
  "Sure, my user ID is aarav_ahmed_6699. I don't have the reservation ID with me.",
  { tool: 'get_user_details', args: { user_id: 'aarav_ahmed_6699' }, result: '{"reservations": ["NQNU5R"]}' },
  'agent: It is NQNU5R. Shall I cancel it?',
  'Yes, please go ahead and cancel the NQNU5R reservation because of a change of plan. I only want a refund to my credit card.',
  {
    tool: 'cancel_reservation',
    args: { reservation_id: 'NQNU5R', user_id: 'aarav_ahmed_6699' },
    result: '{"status": "cancelled"}',
  },
  'Thank you!',
];

test('makes an instruction with details of a dialogue, and gives nothing away that a tool told', async () => {
  const made = await seed(dialogue(CANCEL));
  expect(made.description).toBe(
    [
      'Cancel the reservation because of a change of plan.',
      '',
      'Details:',
      '- My user ID is aarav_ahmed_6699.',
      "- I don't have the reservation ID with me.",
      '- I only want a refund to my credit card.',
    ].join('\n'),
  );
  expect(JSON.stringify(made)).not.toContain('NQNU5R');
  expect(made).toMatchObject({
    task_type: 'cancellation',
    domain: 'general',
    expected_tools: ['get_user_details', 'cancel_reservation'],
    constraints: ['I only want a refund to my credit card'],
    success_criteria: [
      '`cancel_reservation` was carried out without an error with user_id aarav_ahmed_6699',
      'Nothing was changed that the task does not ask for',
      'All constraints are kept',
    ],
  });
});

test('identifiers that the user gave stay', async () => {
  const made = await seed(
    dialogue([
      'Cancel my reservation NQNU5R, please.',
      { tool: 'cancel_reservation', args: { reservation_id: 'NQNU5R' } },
    ]),
  );
  expect(made.description).toBe('Cancel my reservation NQNU5R.');
  expect(made.success_criteria[0]).toContain('reservation_id NQNU5R');
});

test('finds limits, forms and files', async () => {
  const made = await seed(
    dialogue([
      'Find hotels in Rome under $120 for two adults, not before May 3, and save a table as Markdown to /root/rome.md. Do not include hostels.',
      { tool: 'fs/write_file', args: { path: '/root/rome.md' } },
    ]),
  );
  expect(made.constraints).toEqual([
    'Find hotels in Rome under $120 for two adults',
    'Not before May 3',
    'Save a table as Markdown to /root/rome.md',
    'Do not include hostels',
  ]);
  expect(made.success_criteria).toContain('The file /root/rome.md exists and holds what the task asks for');
});

test('a question is judged by its answer and by where it came from', async () => {
  const made = await seed(
    dialogue(["What is nvidia's stock price?", { tool: 'finance/get_price', result: '{"price": 171.38}' }]),
  );
  expect(made.success_criteria).toEqual([
    "Answered: What is nvidia's stock price?",
    'What is stated comes from results of `finance/get_price`, not from memory',
  ]);
  expect(JSON.stringify(made)).not.toContain('171');
});

test('a run that failed does not show what success looks like', async () => {
  const made = await seed(dialogue(CANCEL, { outcome: { success: false } }));
  expect(made.success_criteria.join()).not.toContain('cancel_reservation');
});

test('the bound of steps is never below the shortest success', async () => {
  const of = dialogue(CANCEL);
  expect((await seed(of, 9)).max_steps).toBe(16);
  expect((await seed(of)).max_steps).toBe(5);
  const tight = await open({ maxSteps: 3 }, false);
  const evidence = await withEssence(tight, of, 40);
  expect((await tight.seedVariation.seed(evidence, noModel)).max_steps).toBe(40);
});

test('takes the words of a model for the task, and adds what the user told', async () => {
  const of = await withEssence(strategies, dialogue(CANCEL));
  const essence = { ...of.essence, description: 'Cancel a booked trip and see that the money comes back.' };
  const made = await strategies.seedVariation.seed({ ...of, essence, difficulty: UNJUDGED }, noModel);
  expect(made.description.split('\n')[0]).toBe(essence.description);
  expect(made.description).toContain('aarav_ahmed_6699');
});

test('refuses a record without a request', async () => {
  await expect(seed(dialogue([{ tool: 'ls' }]))).rejects.toMatchObject({ code: 'SEED_UNUSABLE' });
});

test('an id of what is meant is not lost with the vague words around it', async () => {
  const made = await seed(
    dialogue([
      'I want to make a change to my reservation H9ZU1C. Can you remove Ethan from the booking?',
      { tool: 'get_reservation' },
      'agent: May I have your user ID?',
      'My user ID is mia_kim_4397, and I need to adjust the passengers.',
    ]),
  );
  expect(made.description).toContain('H9ZU1C');
  expect(made.description).toContain('Ethan');
});

test('what a harness tells as the user is no part of the task', async () => {
  const made = await seed(
    dialogue([
      'How many files are there in /etc?',
      'agent: Act: bash\n\n```bash\nls /etc | wc -l\n```',
      'The output of the OS:\n\n220',
      'agent: I look into the table.',
      '[(28,)]',
      'agent: And the page.',
      'Observation: Page: Ivan Lendl.',
      'Count hidden ones too.',
    ]),
  );
  expect(JSON.stringify(made)).not.toMatch(/220|28|Lendl|Observation/);
  expect(made.description).toContain('/etc');
  expect(made.description).toMatch(/hidden/);
});

test('what a request begins with is what it asks for, and no limit of it', async () => {
  const made = await seed(
    dialogue([
      'Find the top 5 best selling lamps from the shop, and how many of each were sold.',
      { tool: 'shop/search' },
    ]),
  );
  expect(made.constraints).toEqual([]);
});
