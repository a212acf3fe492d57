import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { type Attack, type Bench, meansOn, SECRET } from './hostile-attack.ts';
import { codeOf, skillText } from './open-skills.ts';

/** Skills that lead out of their folder: by links, pipes, and names that are paths. */
export function attacksByPaths(bench: Bench): readonly Attack[] {
  const { outside, put } = meansOn(bench);
  return [
    {
      what: 'SKILL.md is a link to a file outside',
      lay: () => {
        mkdirSync(bench.at('user', 'evil'), { recursive: true });
        outside();
        symlinkSync(bench.at('away', 'SKILL.md'), bench.at('user', 'evil', 'SKILL.md'));
      },
      code: 'SKILL_LINK_OUTSIDE',
      offers: [],
    },
    {
      what: 'a file is a link to a file outside',
      lay: () => symlinkSync(outside(), path.join(put(skillText('evil')), 'notes.md')),
      code: 'SKILL_LINK_OUTSIDE',
      offers: [],
    },
    {
      what: 'a file is a relative link outside',
      lay: () => {
        outside();
        symlinkSync('../../secret.txt', path.join(put(skillText('evil')), 'notes.md'));
      },
      code: 'SKILL_LINK_OUTSIDE',
      offers: [],
    },
    {
      what: 'a folder is a link outside',
      lay: () => {
        outside();
        symlinkSync(bench.at('away'), path.join(put(skillText('evil')), 'references'));
      },
      code: 'SKILL_LINK_OUTSIDE',
      offers: [],
    },
    {
      what: 'a link leads outside by way of another link',
      lay: () => {
        const folder = put(skillText('evil'));
        symlinkSync(outside(), path.join(folder, 'b'));
        symlinkSync('b', path.join(folder, 'a'));
      },
      code: 'SKILL_LINK_OUTSIDE',
      offers: [],
    },
    {
      what: 'a folder whose name begins like the skill lies beside it',
      lay: () => {
        bench.write('user', 'evil-too', { 'secret.txt': SECRET });
        symlinkSync('../evil-too/secret.txt', path.join(put(skillText('evil')), 'notes.md'));
      },
      code: 'SKILL_LINK_OUTSIDE',
      offers: [],
    },
    {
      what: 'a link leads to itself',
      lay: () => symlinkSync('loop', path.join(put(skillText('evil')), 'loop')),
      code: 'SKILL_LINK',
      offers: ['evil'],
    },
    {
      what: 'a link to its own folder makes a circle',
      lay: () => symlinkSync('.', path.join(put(skillText('evil')), 'again')),
      code: 'SKILL_LINK',
      offers: ['evil'],
    },
    {
      what: 'the skill itself is a link outside',
      lay: () => {
        outside();
        mkdirSync(bench.at('user'));
        symlinkSync(bench.at('away'), bench.at('user', 'evil'));
      },
      code: 'SKILL_LINK',
      offers: [],
    },
    {
      what: 'a pipe that nobody writes to',
      lay: () => void execFileSync('mkfifo', [path.join(put(skillText('evil')), 'wait')]),
      code: 'SKILL_SPECIAL_FILE',
      offers: ['evil'],
    },
    {
      what: 'SKILL.md is a pipe',
      lay: () => {
        mkdirSync(bench.at('user', 'evil'), { recursive: true });
        execFileSync('mkfifo', [bench.at('user', 'evil', 'SKILL.md')]);
      },
      code: 'SKILL_MANIFEST_MISSING',
      offers: [],
    },
    {
      what: 'SKILL.md is a folder',
      lay: () => void mkdirSync(bench.at('user', 'evil', 'SKILL.md'), { recursive: true }),
      code: 'SKILL_MANIFEST_MISSING',
      offers: [],
    },
    {
      what: 'the name is a path',
      lay: () => void put('---\nname: ../../etc/passwd\ndescription: A.\n---\n'),
      code: 'SKILL_NAME_INVALID',
      offers: ['evil'],
      look: async (skills) => {
        for (const name of ['../../etc/passwd', '../evil', 'evil/../evil', '/etc/passwd', '.', '..', '__proto__', ''])
          expect(await codeOf(skills.load(name)), name).toBe('SKILL_UNKNOWN');
      },
    },
    {
      what: 'files are asked for by paths',
      lay: () => {
        outside();
        put(skillText('evil'));
      },
      offers: ['evil'],
      look: async (skills) => {
        for (const file of [
          '../../secret.txt',
          '..\\secret.txt',
          bench.at('secret.txt'),
          'a/../../../secret.txt',
          '~/x',
        ])
          expect(await codeOf(skills.read('evil', file)), file).toBe('SKILL_FILE_OUTSIDE');
        for (const file of ['SKILL.md\0.png', '%2e%2e/secret.txt', './/SKILL.md', 'constructor', ''])
          expect(await codeOf(skills.read('evil', file)), file).toBe('SKILL_FILE_UNKNOWN');
      },
    },
    {
      what: 'a file becomes a link after it was listed',
      lay: () => {
        outside();
        bench.write('user', 'evil', { 'SKILL.md': skillText('evil'), 'notes.md': 'harmless' });
      },
      config: { watch: { events: false, rescanMs: 0 } },
      offers: ['evil'],
      look: async (skills) => {
        rmSync(bench.at('user', 'evil', 'notes.md'));
        symlinkSync(bench.at('secret.txt'), bench.at('user', 'evil', 'notes.md'));
        expect(await codeOf(skills.read('evil', 'notes.md'))).toBe('SKILL_FILE_OUTSIDE');
      },
    },
    {
      what: 'its folder becomes a link after it was listed',
      lay: () => {
        outside();
        bench.write('user', 'evil', { 'SKILL.md': skillText('evil'), 'inner/secret.txt': 'harmless' });
      },
      config: { watch: { events: false, rescanMs: 0 } },
      offers: ['evil'],
      look: async (skills) => {
        rmSync(bench.at('user', 'evil', 'inner'), { recursive: true });
        symlinkSync(bench.at('away', 'inner'), bench.at('user', 'evil', 'inner'));
        expect(await codeOf(skills.read('evil', 'inner/secret.txt'))).toBe('SKILL_FILE_OUTSIDE');
      },
    },
  ];
}
