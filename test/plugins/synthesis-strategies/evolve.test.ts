import { expect, test } from 'vitest';
import type { SeedDraft } from '#plugins/synthesizer/api';
import { dialogue, noModel, open, type Strategies, scripted, withEssence } from './open-strategies.ts';

const without = await open({}, false);

async function parentOf(strategies: Strategies, of: ReturnType<typeof dialogue>) {
  const evidence = await withEssence(strategies, of);
  return { evidence, parent: await strategies.seedVariation.seed(evidence, noModel) };
}
const deeper = async (of: ReturnType<typeof dialogue>) => {
  const { evidence, parent } = await parentOf(without, of);
  return { parent, made: (await without.depth.evolve({ ...evidence, parent, near: [] }, noModel))! };
};

const CANCEL = dialogue([
  'Cancel my flight reservation NQNU5R.',
  { tool: 'get_reservation_details', args: { reservation_id: 'NQNU5R' } },
  { tool: 'cancel_reservation', args: { reservation_id: 'NQNU5R' } },
]);
const REPORT = dialogue([
  'Write a report about bitcoin to /root/bitcoin.md.',
  { tool: 'wikipedia/search', args: { query: 'bitcoin' } },
  { tool: 'fs/write_file', args: { path: '/root/bitcoin.md' } },
]);

test.each([
  ['a change', CANCEL, /look at them again/],
  ['a file', REPORT, /read it back/],
  ['an answer', dialogue(['Find the capital of Peru.', { tool: 'wiki/search' }]), /second, independent look-up/],
  ['a repair', dialogue(['Fix the bug in a.py.', { tool: 'edit', args: { path: 'a.py' } }]), /regression test/],
  ['Chinese', dialogue(['取消我的订单 W123', { tool: 'get_order' }, { tool: 'cancel_order' }]), /再次查询/],
])('depth without a model goes one step further, by the kind of task: %s', async (_, of, added) => {
  const { parent, made } = await deeper(of);
  expect(made.description.startsWith(parent.description)).toBe(true);
  expect(made.description.slice(parent.description.length)).toMatch(added);
  expect(made.max_steps).toBeGreaterThan(parent.max_steps);
  expect(made.expected_tools).toEqual(expect.arrayContaining([...parent.expected_tools]));
  expect(made.success_criteria).toHaveLength(parent.success_criteria.length + 1);
});

test('depth names a tool that looks where the run had none but its record defines one', async () => {
  const of = dialogue(['Cancel my flight reservation NQNU5R.', { tool: 'cancel_reservation' }], {
    toolDefinitions: [{ name: 'get_weather' }, { name: 'get_reservation_details' }],
  });
  expect((await deeper(of)).made.expected_tools).toEqual(['cancel_reservation', 'get_reservation_details']);
});

test('depth of a model keeps the parent tools, adds known ones, and counts the steps', async () => {
  const strategies = await open();
  const { evidence, parent } = await parentOf(strategies, CANCEL);
  const model = scripted(() => ({
    description: 'Cancel my flight reservation NQNU5R, and tell me which of my other bookings leaves on the same day.',
    expected_tools: ['get_reservation_details', 'nuke'],
    added_steps: 3,
  }));
  const made = await strategies.depth.evolve({ ...evidence, parent, near: [] }, model.ask);
  expect(made).toMatchObject({
    expected_tools: parent.expected_tools,
    max_steps: parent.max_steps + 4,
    complexity: 'medium',
  });
  const same = scripted(() => ({ description: parent.description }));
  expect(await strategies.depth.evolve({ ...evidence, parent, near: [] }, same.ask)).toBeUndefined();
});

test('width joins with a near task of the same domain, with and without a model', async () => {
  const { evidence, parent } = await parentOf(without, CANCEL);
  const other: SeedDraft = {
    ...parent,
    description: 'Book a flight to Rome on May 3.',
    expected_tools: ['book_reservation'],
    max_steps: 9,
  };
  const far: SeedDraft = { ...other, domain: 'weather' };
  const made = (await without.width.evolve({ ...evidence, parent, near: [far, parent, other] }, noModel))!;
  expect(made.description).toBe(
    'Do all of the following, and report on each.\n\n1. Cancel my flight reservation NQNU5R.\n\n2. Book a flight to Rome on May 3.',
  );
  expect(made.expected_tools).toEqual(['get_reservation_details', 'cancel_reservation', 'book_reservation']);
  expect(made.max_steps).toBe(parent.max_steps + 9);
  expect(made.success_criteria.filter((each) => each.startsWith('Part 2:'))).not.toEqual([]);
  expect(await without.width.evolve({ ...evidence, parent, near: [far] }, noModel)).toBeUndefined();
  const strategies = await open();
  const joined = scripted(() => ({
    description: 'Cancel my flight reservation NQNU5R and book a flight to Rome on May 3 instead.',
  }));
  expect(await strategies.width.evolve({ ...evidence, parent, near: [other] }, joined.ask)).toMatchObject({
    description: 'Cancel my flight reservation NQNU5R and book a flight to Rome on May 3 instead.',
    expected_tools: made.expected_tools,
    max_steps: made.max_steps,
  });
});

test('none makes none, and nothing grows beyond the limit', async () => {
  const { evidence, parent } = await parentOf(without, CANCEL);
  expect(await without.none.evolve({ ...evidence, parent, near: [] }, noModel)).toBeUndefined();
  const tight = await open({ maxSteps: parent.max_steps }, false);
  expect(await tight.depth.evolve({ ...evidence, parent, near: [] }, noModel)).toBeUndefined();
});
