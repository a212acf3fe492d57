import { existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { meansOn, SECRET } from './hostile-attack.ts';
import { attacksByContents } from './hostile-contents.ts';
import { attacksByPaths } from './hostile-paths.ts';
import { codeOf, openBench, skillText } from './open-skills.ts';

const bench = openBench();
const { outside } = meansOn(bench);

test.each([...attacksByPaths(bench), ...attacksByContents(bench)])(
  '$what',
  async ({ lay, code, offers = [], config, look }) => {
    lay();
    const { skills } = await bench.open(config);
    expect(skills.catalog.map(({ name }) => name)).toEqual(offers);
    if (code !== undefined) expect(skills.diagnostics.map((each) => each.code)).toContain(code);
    await look?.(skills);
    const seen = [JSON.stringify([skills.catalog, skills.diagnostics])];
    for (const { name } of skills.catalog) {
      const { text, files } = await skills.load(name);
      seen.push(text);
      for (const file of files) seen.push(await skills.read(name, file).catch((error: Error) => error.message));
    }
    expect(seen.join('\n')).not.toContain(SECRET);
    expect(existsSync(bench.at('ran'))).toBe(false);
    expect(readdirSync(bench.at()).filter((name) => !KNOWN.has(name))).toEqual([]);
  },
);
const KNOWN = new Set(['user', 'project', 'installed', 'away', 'secret.txt']);

test('a folder of the project that is a link out of the working directory is not looked into', async () => {
  outside();
  mkdirSync(bench.at('work'));
  symlinkSync(bench.at('away'), bench.at('work', 'skills'));
  const before = process.cwd();
  process.chdir(bench.at('work'));
  try {
    const { skills } = await bench.open({ dirs: ['skills'], trustProject: true });
    expect(skills.catalog).toEqual([]);
    expect(skills.diagnostics).toMatchObject([{ code: 'SKILLS_FOLDER_OUTSIDE', level: 'error' }]);
  } finally {
    process.chdir(before);
  }
});

test('a hard link is a file of its own: what it holds is what is trusted', async () => {
  bench.write('project', 'evil', { 'SKILL.md': skillText('evil') });
  writeFileSync(bench.at('other.md'), 'first');
  linkSync(bench.at('other.md'), bench.at('project', 'evil', 'notes.md'));
  const { skills } = await bench.open({ watch: { events: false, rescanMs: 0 } });
  await skills.trust('evil');
  expect(await skills.read('evil', 'notes.md')).toBe('first');
  writeFileSync(bench.at('other.md'), 'other');
  expect(await codeOf(skills.read('evil', 'notes.md'))).toBe('SKILL_CHANGED');
});
