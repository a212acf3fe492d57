import { describe, expect, test } from 'vitest';
import { noModel, open, UNJUDGED } from './open-strategies.ts';
import { HAS_DATA, loadRuns } from './runs.ts';

describe.skipIf(!HAS_DATA)('all records of the shared trajectories', async () => {
  const { essenceStructural, seedVariation, depth } = await open({}, false);
  const runs = HAS_DATA ? await loadRuns() : [];
  const made = await Promise.all(
    runs.map(async (of) => {
      const essence = await essenceStructural.essence(of, noModel);
      const evidence = { ...of, essence, difficulty: UNJUDGED };
      const seed = await seedVariation.seed(evidence, noModel);
      return { of, essence, seed, deeper: await depth.evolve({ ...evidence, parent: seed, near: [] }, noModel) };
    }),
  );
  const of = (key: string) => made.filter((each) => each.of.run.key.includes(key));

  test('each becomes an essence and a task of bounded size', () => {
    expect(made).toHaveLength(193);
    for (const {
      of: { run, steps },
      essence,
      seed,
      deeper,
    } of made) {
      expect(essence.description.length, run.key).toBeGreaterThan(20);
      expect(essence.description.length, run.key).toBeLessThanOrEqual(600);
      expect(seed.description.length, run.key).toBeLessThanOrEqual(2500);
      expect(seed.success_criteria.length, run.key).toBeGreaterThan(0);
      expect(seed.max_steps, run.key).toBeGreaterThanOrEqual(steps.length);
      expect(`${seed.description}${essence.description}`, run.key).not.toMatch(
        /###|INSTRUCTIONS:|\(Open file|ONE COMMAND AT A TIME/,
      );
      expect(deeper === undefined || deeper.max_steps > seed.max_steps, run.key).toBe(true);
    }
  });

  test('sorts them by what they are', () => {
    expect(of('airline').filter(({ essence }) => essence.domain === 'airline').length).toBeGreaterThan(114);
    const kinds = new Set(['booking', 'cancellation', 'modification', 'compensation']);
    expect(of('airline').filter(({ essence }) => kinds.has(essence.task_type)).length).toBeGreaterThan(105);
    expect(new Set(of('ctf__').map(({ essence }) => `${essence.task_type}, ${essence.domain}`))).toEqual(
      new Set(['ctf challenge, cybersecurity']),
    );
    expect(new Set(of('1867').map(({ essence }) => essence.task_type))).toEqual(new Set(['bug fix']));
    expect(
      made
        .filter(({ of: { run } }) => run.format === 'mcp-meta-tool')
        .filter(({ essence }) => essence.task_type !== 'general' && essence.domain !== 'general').length,
    ).toBeGreaterThan(55);
  });

  test('no task tells what only a tool had told', () => {
    const leaks = made.flatMap(({ of: { run, steps }, seed, essence }) => {
      const user = run.messages.filter(({ role }) => role === 'user').map(({ text }) => text);
      const first = `${run.request}\n${user[0] ?? ''}`;
      const told = steps
        .flatMap(({ result = '' }) => result.match(/\b(?:HAT\d{3}|[A-Z0-9]{6})\b/g) ?? [])
        .filter((value) => /[A-Z]/.test(value) && !/^[A-Z]+$/.test(value));
      const text = `${seed.description}\n${essence.description}\n${seed.success_criteria.join('\n')}`;
      return [...new Set(told)]
        .filter((value) => text.includes(value) && !first.includes(value) && !givenByUser(value, run.messages))
        .map((value) => `${run.key} ${value}`);
    });
    expect(leaks).toEqual([]);
  });

  test('flags of challenges are in no task', () => {
    for (const { seed } of of('ctf__')) expect(JSON.stringify(seed)).not.toMatch(/flag\{|HTB\{/i);
  });
});

/** Whether the user said it before the agent or a tool did. */
function givenByUser(value: string, messages: readonly { readonly role: string; readonly text: string }[]): boolean {
  return messages.find(({ role, text }) => role !== 'system' && text.includes(value))?.role === 'user';
}
