import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeZip } from './archives.ts';
import { codeOf, openBench, skillText } from './open-skills.ts';

const bench = openBench();

const piece = fc.constantFrom(
  ...['<', '＜', '/', '／', 'skill_content', 'SKILL_', 'content', '>', ' ', '\n', '\t', '\u200b', '\u202e', '\u2028'],
  ...['name="x"', '&lt;', '!`touch x`', '---', 'a', '。', '\ud83d\ude00', '"', "'", ':', '#', '{', '*', '\\'],
);
const nasty = fc.array(piece, { maxLength: 24 }).map((all) => all.join(''));

test('whatever a body and a description hold, the wrapping has one start and one end, and the catalog one line', async () => {
  const bodies = fc.sample(fc.tuple(nasty, nasty), 400);
  for (const [at, [body, description]] of bodies.entries())
    bench.write('user', `s${at}`, skillText(`s${at}`, JSON.stringify(`x${description}`), body));
  const { skills } = await bench.open();
  expect(skills.catalog).toHaveLength(400);
  for (const { name, description } of skills.catalog) {
    const { text } = await skills.load(name);
    const plain = text.normalize('NFKC').replace(/\p{Cf}/gu, '');
    expect(plain.match(/<\s*\/?\s*skill_content/gi), text).toHaveLength(2);
    expect(text.startsWith(`<skill_content name="${name}">\n`) && text.endsWith('\n</skill_content>')).toBe(true);
    expect(description).not.toMatch(/[\n\r\u2028\u2029\p{Cf}]|<[/!?\p{L}]/u);
  }
});

const step = fc.constantFrom(
  '..',
  '.',
  '',
  'a',
  'b',
  'SKILL.md',
  'evil',
  ' ',
  'c.',
  '~',
  'C:',
  '.git',
  'nul',
  '...',
  'd\\..',
);
const entryPath = fc.tuple(fc.constantFrom('', '/', './', '\\'), fc.array(step, { minLength: 1, maxLength: 5 }));

test('whatever the paths in an archive are, nothing lands outside, and nothing lands by half', async () => {
  const { skills } = await bench.open({ watch: { settleMs: 10 } });
  await fc.assert(
    fc.asyncProperty(fc.array(entryPath, { minLength: 1, maxLength: 4 }), async (paths) => {
      const names = paths.map(([start, steps]) => start + steps.join('/'));
      const manifest = { name: 'evil/SKILL.md', content: skillText('evil') };
      const zip = writeZip(bench.at('evil.zip'), [manifest, ...names.map((name) => ({ name, content: 'x' }))]);
      const code = await codeOf(skills.install(zip, { trust: true }));
      expect(readdirSync(bench.at()).sort()).toEqual(['evil.zip', 'installed']);
      const installed = readdirSync(bench.at('installed')).filter((name) => name !== 'trust.json');
      expect(installed, `${code} ${JSON.stringify(names)}`).toEqual(code === 'none' ? ['evil'] : []);
      if (code !== 'none') return;
      expect((await skills.load('evil')).text).toContain('# evil');
      await skills.remove('evil');
    }),
    { numRuns: 150 },
  );
});

test('whatever name or file is asked for, what is not in the list is not there', async () => {
  bench.write('user', 'good');
  const { skills } = await bench.open();
  await fc.assert(
    fc.asyncProperty(entryPath, async ([start, steps]) => {
      const asked = start + steps.join('/');
      expect(await codeOf(skills.load(asked))).toBe('SKILL_UNKNOWN');
      const code = await codeOf(skills.read('good', asked));
      if (asked === 'SKILL.md' || asked === './SKILL.md') expect(code).toBe('none');
      else expect(['SKILL_FILE_UNKNOWN', 'SKILL_FILE_OUTSIDE']).toContain(code);
    }),
    { numRuns: 300 },
  );
});
