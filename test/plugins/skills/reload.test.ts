import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { codeOf, openBench, skillText, until } from './open-skills.ts';

const bench = openBench();
const file = (name: string): string => bench.at('user', name, 'SKILL.md');

test('a skill that comes, changes and goes is seen, and told, in order', async () => {
  const { skills } = await bench.open();
  const told: number[] = [];
  skills.onChange(() => {
    throw new Error('a listener that fails');
  });
  skills.onChange((version) => told.push(version));
  bench.write('user', 'charts');
  await until(() => skills.catalog.length === 1);
  const edits: number[] = [];
  for (let at = 0; at < 5; at++) {
    writeFileSync(file('charts'), skillText('charts', `Edit ${at}.`));
    edits.push(await until(() => skills.catalog[0]?.description === `Edit ${at}.`));
  }
  console.log(`an edit is visible after ${edits.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  rmSync(bench.at('user', 'charts'), { recursive: true });
  await until(() => skills.catalog.length === 0);
  expect(await codeOf(skills.load('charts'))).toBe('SKILL_UNKNOWN');
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(new Set(told).size).toBe(told.length);
  expect(told.at(-1)).toBe(skills.version);
});

test('what is written piece by piece is never seen half', async () => {
  const text = skillText('charts', 'New.', `${'line\n'.repeat(2_000)}the end\n`);
  bench.write('user', 'charts', skillText('charts', 'Old.', 'the end\n'));
  const { skills } = await bench.open({ watch: { settleMs: 400 } });
  const seen = new Set<string>();
  let isDone = false;
  const look = async (): Promise<void> => {
    const { text: body, description } = await skills.load('charts');
    seen.add(`${description} ${body.includes('the end') ? 'whole' : 'half'}`);
  };
  const watching = (async () => {
    while (!isDone) await look().then(() => sleep(2));
  })();
  writeFileSync(file('charts'), '');
  for (let at = 0; at < text.length; at += Math.ceil(text.length / 12)) {
    await sleep(30);
    appendFileSync(file('charts'), text.slice(at, at + Math.ceil(text.length / 12)));
  }
  await until(() => skills.catalog[0]?.description === 'New.');
  isDone = true;
  await watching;
  await look();
  expect([...seen]).toEqual(['Old. whole', 'New. whole']);
});

test('a broken edit keeps the version before, and says so, until it is mended', async () => {
  bench.write('user', 'charts', skillText('charts', 'Old.'));
  const { skills } = await bench.open();
  writeFileSync(file('charts'), '---\nname: charts\n');
  await until(() => skills.diagnostics.some(({ code }) => code === 'SKILL_KEPT'));
  expect((await skills.load('charts')).description).toBe('Old.');
  writeFileSync(file('charts'), skillText('charts', 'New.'));
  await until(() => skills.catalog[0]?.description === 'New.');
  expect(skills.diagnostics).toEqual([]);
});

test('a save by way of another file never leaves a moment without the skill', async () => {
  bench.write('user', 'charts', skillText('charts', 'Edit 0.'));
  const { skills } = await bench.open();
  let missing = 0;
  const watching = setInterval(() => {
    if (skills.catalog.length === 0) missing++;
  }, 1);
  for (let at = 1; at <= 5; at++) {
    writeFileSync(`${file('charts')}.tmp`, skillText('charts', `Edit ${at}.`));
    rmSync(file('charts'));
    await sleep(20);
    renameSync(`${file('charts')}.tmp`, file('charts'));
    await until(() => skills.catalog[0]?.description === `Edit ${at}.`);
  }
  clearInterval(watching);
  expect(missing).toBe(0);
});

test('a folder of skills that comes later is seen, deep as it is; and one that is exchanged', async () => {
  const { skills } = await bench.open({ userDir: bench.at('home', 'me', '.agents', 'skills') });
  bench.write('home/me/.agents/skills', 'charts', skillText('charts', 'First.'));
  await until(() => skills.catalog[0]?.description === 'First.');
  bench.write('next', 'charts', skillText('charts', 'Second.'));
  renameSync(bench.at('home', 'me', '.agents', 'skills'), bench.at('gone'));
  renameSync(bench.at('next'), bench.at('home', 'me', '.agents', 'skills'));
  await until(() => skills.catalog[0]?.description === 'Second.');
  writeFileSync(bench.at('home/me/.agents/skills/charts/SKILL.md'), skillText('charts', 'Third.'));
  await until(() => skills.catalog[0]?.description === 'Third.');
});

test('without events changes are seen by looking', async () => {
  bench.write('user', 'charts');
  const { skills } = await bench.open({ watch: { events: false, rescanMs: 50, settleMs: 20 } });
  writeFileSync(file('charts'), skillText('charts', 'New.'));
  await until(() => skills.catalog[0]?.description === 'New.');
});

test('a file that changes all the time holds up its own skill alone', async () => {
  bench.write('user', 'busy', { 'SKILL.md': skillText('busy'), log: '' });
  bench.write('user', 'charts');
  const { skills } = await bench.open();
  const writing = setInterval(() => appendFileSync(bench.at('user', 'busy', 'log'), 'x'), 10);
  try {
    writeFileSync(file('charts'), skillText('charts', 'New.'));
    await until(() => skills.catalog.find(({ name }) => name === 'charts')?.description === 'New.');
    expect(skills.catalog.map(({ name }) => name)).toEqual(['busy', 'charts']);
  } finally {
    clearInterval(writing);
  }
});

test('a next version goes on counting, tells the same listeners, and the one before is silent', async () => {
  const first = await bench.open();
  const told: number[] = [];
  first.skills.onChange((version) => told.push(version));
  bench.write('user', 'charts');
  await until(() => first.skills.catalog.length === 1);
  const { version } = first.skills;
  const { skills } = await bench.open({}, {}, first.plugin.exportState?.());
  await first.close();
  expect(skills.version).toBeGreaterThanOrEqual(version);
  const before = told.length;
  mkdirSync(bench.at('user', 'two'));
  writeFileSync(file('two'), skillText('two'));
  await until(() => skills.catalog.length === 2);
  expect(told.slice(before)).toEqual([skills.version]);
});
