import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codeOf, openBench, skillText, until } from './open-skills.ts';

const bench = openBench();

test('a skill of the project is offered once it is trusted, also after a restart, until it changes', async () => {
  bench.write('project', 'charts', { 'SKILL.md': skillText('charts'), 'scripts/draw.py': 'print(1)' });
  const first = await bench.open();
  expect(first.skills.catalog).toEqual([]);
  expect(first.skills.diagnostics).toMatchObject([{ code: 'SKILL_UNTRUSTED', level: 'warning' }]);
  await first.skills.trust('charts');
  expect(first.skills.catalog).toMatchObject([{ name: 'charts', scope: 'project', trusted: true }]);
  await first.close();

  const { skills } = await bench.open();
  expect(skills.catalog).toMatchObject([{ name: 'charts', trusted: true }]);
  writeFileSync(bench.at('project', 'charts', 'scripts', 'draw.py'), 'print(2)');
  expect(await codeOf(skills.read('charts', 'scripts/draw.py'))).toBe('SKILL_CHANGED');
  await until(() => skills.catalog.length === 0);
  expect(await codeOf(skills.load('charts'))).toBe('SKILL_CHANGED');
  await skills.trust('charts');
  expect(await skills.read('charts', 'scripts/draw.py')).toBe('print(2)');
});

test('trust is for one content: what changed back is trusted again, what was added is not', async () => {
  bench.write('project', 'charts', { 'SKILL.md': skillText('charts'), a: '1' });
  const { skills } = await bench.open();
  await skills.trust('charts');
  writeFileSync(bench.at('project', 'charts', 'b'), '');
  await until(() => skills.catalog.length === 0);
  const { rmSync } = await import('node:fs');
  rmSync(bench.at('project', 'charts', 'b'));
  await until(() => skills.catalog.length === 1);
});

test('where the pipeline says so, the project is trusted; then project goes over user, and user over installed', async () => {
  for (const place of ['project', 'user', 'installed']) bench.write(place, 'mail', skillText('mail', `Of ${place}.`));
  const { skills } = await bench.open({ trustProject: true });
  expect(skills.catalog).toMatchObject([{ name: 'mail', scope: 'project', description: 'Of project.' }]);
  expect(skills.diagnostics.map(({ code }) => code).sort()).toEqual([
    'SKILL_SHADOWED',
    'SKILL_SHADOWED',
    'SKILL_UNTRUSTED',
  ]);
});

test('a skill of the project takes the place of one of yours once it is trusted, and gives it back when it changes', async () => {
  bench.write('project', 'mail', skillText('mail', 'Of project.'));
  bench.write('user', 'mail', skillText('mail', 'Of user.'));
  const { skills } = await bench.open();
  expect(skills.catalog).toMatchObject([{ scope: 'user' }]);
  await skills.trust('mail');
  expect(skills.catalog).toMatchObject([{ scope: 'project' }]);
  writeFileSync(bench.at('project', 'mail', 'SKILL.md'), skillText('mail', 'Changed.'));
  await until(() => skills.catalog[0]?.scope === 'user');
});

test('a list of trust that is broken trusts nothing, and is written anew', async () => {
  bench.write('project', 'charts');
  const first = await bench.open();
  await first.skills.trust('charts');
  await first.close();
  writeFileSync(bench.at('installed', 'trust.json'), '{"version":1,');
  const { skills, lines } = await bench.open();
  expect(skills.catalog).toEqual([]);
  expect(lines.some(({ sentence }) => sentence.startsWith('SKILL_TRUST_FILE'))).toBe(true);
  await skills.trust('charts');
  expect(skills.catalog).toHaveLength(1);
});

test('nobody can be trusted who is not there', async () => {
  const { skills } = await bench.open();
  expect(await codeOf(skills.trust('charts'))).toBe('SKILL_UNKNOWN');
});
