import { describe, expect, test } from 'vitest';
import { openBench, skillText } from './open-skills.ts';

const bench = openBench();

/** Every case of the reference validator of the specification that is about a skill's folder, by folder and text. */
const CASES: readonly [what: string, folder: string, text: string, isValid: boolean][] = [
  ['a plain skill', 'my-skill', skillText('my-skill'), true],
  ['uppercase', 'MySkill', skillText('MySkill'), false],
  ['a name of 70 characters', 'a'.repeat(70), skillText('a'.repeat(70)), false],
  ['a name of 64 characters', 'a'.repeat(64), skillText('a'.repeat(64)), true],
  ['a hyphen at the start', '-my-skill', skillText('-my-skill'), false],
  ['a hyphen at the end', 'my-skill-', skillText('my-skill-'), false],
  ['two hyphens in a row', 'my--skill', skillText('my--skill'), false],
  ['an underscore', 'my_skill', skillText('my_skill'), false],
  ['another name than the folder', 'wrong-name', skillText('correct-name'), false],
  ['an unknown field', 'my-skill', '---\nname: my-skill\ndescription: A.\nunknown_field: x\n---\n', false],
  [
    'all fields',
    'my-skill',
    '---\nname: my-skill\ndescription: A.\nlicense: MIT\nmetadata:\n  author: T\n  version: 1.0\n---\n',
    true,
  ],
  [
    'tools as text',
    'my-skill',
    '---\nname: my-skill\ndescription: A.\nallowed-tools: Bash(jq:*) Bash(git:*)\n---\n',
    true,
  ],
  [
    'tools as a list in a line',
    'my-skill',
    '---\nname: my-skill\ndescription: A.\nallowed-tools: [Read, Write]\n---\n',
    true,
  ],
  [
    'tools as a list',
    'my-skill',
    '---\nname: my-skill\ndescription: A.\nallowed-tools:\n  - Read\n  - Grep\n---\n',
    true,
  ],
  [
    'a tool that is no text',
    'my-skill',
    '---\nname: my-skill\ndescription: A.\nallowed-tools:\n  - Read\n  - 123\n---\n',
    false,
  ],
  ['tools as a number', 'my-skill', '---\nname: my-skill\ndescription: A.\nallowed-tools: 123\n---\n', false],
  ['a Chinese name', '技能', skillText('技能'), true],
  ['a Russian name', 'мой-навык', skillText('мой-навык'), true],
  ['a Russian name in uppercase', 'НАВЫК', skillText('НАВЫК'), false],
  ['a description of 1,100 characters', 'my-skill', skillText('my-skill', 'x'.repeat(1_100)), false],
  ['a description of 1,024 characters', 'my-skill', skillText('my-skill', 'x'.repeat(1_024)), true],
  ['compatibility', 'my-skill', '---\nname: my-skill\ndescription: A.\ncompatibility: Python 3.11+\n---\n', true],
  [
    'compatibility of 550 characters',
    'my-skill',
    `---\nname: my-skill\ndescription: A.\ncompatibility: ${'x'.repeat(550)}\n---\n`,
    false,
  ],
  ['a decomposed letter', 'caf\u00e9', skillText('cafe\u0301'), true],
  ['no frontmatter', 'my-skill', '# Nothing here', false],
  ['a frontmatter that is not closed', 'my-skill', '---\nname: my-skill\ndescription: A.\n', false],
  ['broken YAML', 'my-skill', '---\nname: [invalid\ndescription: broken\n---\n', false],
  ['a list for a frontmatter', 'my-skill', '---\n- just\n- a list\n---\n', false],
  ['no name', 'my-skill', '---\ndescription: A.\n---\n', false],
  ['no description', 'my-skill', '---\nname: my-skill\n---\n', false],
  ['a description of blanks', 'my-skill', '---\nname: my-skill\ndescription: "  "\n---\n', false],
  ['a name that is a number', '123', skillText('123'), false],
];

describe('strict', () => {
  test.each(CASES)('%s', async (_, folder, text, isValid) => {
    bench.write('user', folder, text);
    const { skills } = await bench.open({ mode: 'strict' });
    expect(skills.catalog.length === 1, JSON.stringify(skills.diagnostics)).toBe(isValid);
    expect(skills.diagnostics.some(({ level }) => level === 'error')).toBe(!isValid);
  });

  test('a folder without SKILL.md is none; skill.md is one, and SKILL.md goes before it', async () => {
    bench.write('user', 'empty', { 'README.md': 'nothing' });
    bench.write('user', 'small', { 'skill.md': skillText('small') });
    bench.write('user', 'both', { 'skill.md': skillText('both', 'lower'), 'SKILL.md': skillText('both', 'upper') });
    const { skills } = await bench.open({ mode: 'strict' });
    expect(skills.catalog.map(({ name, description }) => [name, description])).toEqual([
      ['both', 'upper'],
      ['small', 'Does small.'],
    ]);
  });
});

describe('lenient', () => {
  const USABLE: readonly [what: string, folder: string, text: string, name: string][] = [
    ['another name than the folder', 'wrong-name', skillText('correct-name'), 'correct-name'],
    ['a name of 70 characters', 'a'.repeat(70), skillText('a'.repeat(70)), 'a'.repeat(70)],
    ['a name that no path and no tag may hold', 'safe', skillText('"../../etc"'), 'safe'],
    ['no name', 'safe', '---\ndescription: A.\n---\n', 'safe'],
    [
      'fields of others',
      'safe',
      '---\nname: safe\ndescription: A.\ntriggers: [x]\nuser-invocable: true\n---\n',
      'safe',
    ],
    ['a byte order mark and CRLF', 'safe', `\ufeff${skillText('safe').replaceAll('\n', '\r\n')}`, 'safe'],
  ];
  test.each(USABLE)('loads with a warning: %s', async (what, folder, text, name) => {
    bench.write('user', folder, text);
    const { skills } = await bench.open();
    expect(skills.catalog.map((each) => each.name)).toEqual([name]);
    expect(skills.diagnostics.map(({ level }) => level)).toEqual(what.includes('mark') ? [] : ['warning']);
  });

  test('a value that holds a colon is read as if it stood in quotes', async () => {
    bench.write('user', 'safe', '---\nname: safe\ndescription: Use when: asked for "charts"\n---\n');
    const { skills } = await bench.open();
    expect(skills.catalog[0]?.description).toBe('Use when: asked for "charts"');
    expect(skills.diagnostics).toMatchObject([{ level: 'warning', code: 'SKILL_YAML' }]);
  });

  test.each([
    ['no description', '---\nname: safe\n---\n', 'SKILL_DESCRIPTION_MISSING'],
    ['broken YAML', '---\nname: [x\ndescription: A.\n---\n', 'SKILL_YAML'],
    ['text before the frontmatter', `\n${skillText('safe')}`, 'SKILL_NO_FRONTMATTER'],
  ])('skips and says why: %s', async (_, text, code) => {
    bench.write('user', 'safe', text);
    bench.write('user', 'other');
    const { skills } = await bench.open();
    expect(skills.catalog.map(({ name }) => name)).toEqual(['other']);
    expect(skills.diagnostics).toMatchObject([{ level: 'error', code }]);
  });

  test('tools that are asked for are named, a text or a list', async () => {
    bench.write('user', 'one', '---\nname: one\ndescription: A.\nallowed-tools: Bash(git add:*), Read\n---\n');
    bench.write('user', 'two', '---\nname: two\ndescription: A.\nallowed-tools: [Read, "Bash(git add:*)"]\n---\n');
    const { skills } = await bench.open();
    expect(skills.catalog.map(({ allowedTools }) => allowedTools)).toEqual([
      ['Bash(git add:*)', 'Read'],
      ['Read', 'Bash(git add:*)'],
    ]);
  });
});

test('a skill is loaded as a wrapped body and the names of its files, and its files one by one', async () => {
  bench.write('user', 'charts', {
    'SKILL.md': skillText('charts', 'Draws charts.', 'See references/colors.md.\n'),
    'references/colors.md': 'blue',
    'assets/logo.png': Uint8Array.of(0x89, 0x50, 0xff),
  });
  const { skills } = await bench.open();
  expect(await skills.load('Charts')).toMatchObject({
    name: 'charts',
    scope: 'user',
    trusted: true,
    text: '<skill_content name="charts">\nSee references/colors.md.\n</skill_content>',
    files: ['SKILL.md', 'assets/logo.png', 'references/colors.md'],
  });
  expect(await skills.read('charts', 'references/colors.md')).toBe('blue');
  await expect(skills.read('charts', 'references/colours.md')).rejects.toMatchObject({
    code: 'SKILL_FILE_UNKNOWN',
    alternatives: ['references/colors.md'],
  });
  await expect(skills.read('charts', '../charts/SKILL.md')).rejects.toMatchObject({ code: 'SKILL_FILE_OUTSIDE' });
  await expect(skills.read('charts', 'assets/logo.png')).rejects.toMatchObject({ code: 'SKILL_FILE_NOT_TEXT' });
  await expect(skills.load('chart')).rejects.toMatchObject({ code: 'SKILL_UNKNOWN', alternatives: ['charts'] });
});
