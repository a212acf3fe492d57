import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { type TarEntry, writeTar, writeZip, type ZipEntry } from './archives.ts';
import { type Config, codeOf, openBench, skillText } from './open-skills.ts';

const bench = openBench();
const manifest = { name: 'evil/SKILL.md', content: skillText('evil') };

const ZIPS: readonly [what: string, entries: readonly ZipEntry[], config?: Config][] = [
  ['a path upwards', [manifest, { name: '../escaped.txt', content: 'x' }]],
  ['a path upwards from within', [manifest, { name: 'evil/../../escaped.txt', content: 'x' }]],
  ['an absolute path', [manifest, { name: '/tmp/escaped.txt', content: 'x' }]],
  ['a path of Windows', [manifest, { name: 'evil\\..\\..\\escaped.txt', content: 'x' }]],
  ['a drive', [manifest, { name: 'C:/escaped.txt', content: 'x' }]],
  ['a link', [manifest, { name: 'evil/link', content: '/etc/passwd', mode: 0o120777 }]],
  ['a device', [manifest, { name: 'evil/device', mode: 0o020666 }]],
  ['a pipe', [manifest, { name: 'evil/pipe', mode: 0o010666 }]],
  [
    'a link, and a file through it',
    [manifest, { name: 'evil/d', content: '../..', mode: 0o120777 }, { name: 'evil/d/escaped.txt', content: 'x' }],
  ],
  ['a file twice', [manifest, { name: 'evil/SKILL.md', content: skillText('other') }]],
  ['a file twice, in another case', [manifest, { name: 'EVIL/skill.MD', content: skillText('other') }]],
  ['a file that is a folder, too', [manifest, { name: 'evil/a', content: 'x' }, { name: 'evil/a/b', content: 'x' }]],
  ['history with hooks', [manifest, { name: 'evil/.git/hooks/post-checkout', content: 'x' }]],
  ['history in another case', [manifest, { name: 'evil/.GIT/config', content: 'x' }]],
  ['a line in a name', [manifest, { name: 'evil/a\nb', content: 'x' }]],
  ['NUL in a name', [manifest, { name: 'evil/a\0.md', content: 'x' }]],
  ['a name that systems take for a device', [manifest, { name: 'evil/con.txt', content: 'x' }]],
  ['a name of 5,000 characters', [manifest, { name: `evil/${'a/'.repeat(2_500)}b`, content: 'x' }]],
  ['a bomb', [manifest, { name: 'evil/zeros', content: Buffer.alloc(32 * 1_048_576) }]],
  [
    'a bomb that claims to be small',
    [manifest, { name: 'evil/zeros', content: Buffer.alloc(8 * 1_048_576), claims: 10 }],
  ],
  ['a bomb that claims to be huge', [manifest, { name: 'evil/zeros', content: 'x', claims: 0xfffffff0 }]],
  [
    'too many files',
    [manifest, ...Array.from({ length: 300 }, (_, at) => ({ name: `evil/${at}` }))],
    { limits: { files: 200 } },
  ],
  ['an encrypted file', [manifest, { name: 'evil/a', content: 'x', flags: 1 }]],
];

const TARS: readonly [what: string, entries: readonly TarEntry[], config?: Config][] = [
  ['a path upwards', [manifest, { name: '../escaped.txt', content: 'x' }]],
  ['an absolute path', [manifest, { name: '/tmp/escaped.txt', content: 'x' }]],
  ['a link', [manifest, { name: 'evil/link', type: 'symlink', linkname: '/etc/passwd' }]],
  ['a hard link', [manifest, { name: 'evil/link', type: 'link', linkname: '/etc/passwd' }]],
  ['a hard link within', [manifest, { name: 'evil/link', type: 'link', linkname: 'evil/SKILL.md' }]],
  ['a device', [manifest, { name: 'evil/device', type: 'character-device', devmajor: 1, devminor: 5 }]],
  ['a block device', [manifest, { name: 'evil/device', type: 'block-device', devmajor: 8, devminor: 0 }]],
  ['a pipe', [manifest, { name: 'evil/pipe', type: 'fifo' }]],
  [
    'a link, and a file through it',
    [manifest, { name: 'evil/d', type: 'symlink', linkname: '../..' }, { name: 'evil/d/escaped.txt', content: 'x' }],
  ],
  [
    'another path in its extended header',
    [manifest, { name: 'evil/a', content: 'x', pax: { path: '../escaped.txt' } }],
  ],
  ['a file twice', [manifest, { name: './evil/SKILL.md', content: skillText('other') }]],
  ['a bomb', [manifest, { name: 'evil/zeros', content: '\0'.repeat(32 * 1_048_576) }]],
  [
    'too many files',
    [manifest, ...Array.from({ length: 300 }, (_, at) => ({ name: `evil/${at}` }))],
    { limits: { files: 200 } },
  ],
];

afterEach(() => expect(existsSync('/tmp/escaped.txt')).toBe(false));

async function refused(source: string, config: Config = {}): Promise<void> {
  const before = readdirSync(bench.at());
  const { skills } = await bench.open(config);
  expect(await codeOf(skills.install(source, { trust: true }))).toBe('SKILL_ARCHIVE_UNSAFE');
  expect(skills.catalog).toEqual([]);
  // Neither half a skill nor what it was unpacked in.
  expect(readdirSync(bench.at('installed'))).toEqual([]);
  expect(readdirSync(bench.at()).filter((name) => !before.includes(name))).toEqual(['installed']);
}

test.each(ZIPS)('zip: %s', async (_, entries, config) => refused(writeZip(bench.at('evil.zip'), entries), config));
test.each(TARS)('tar: %s', async (_, entries, config) =>
  refused(await writeTar(bench.at('evil.tgz'), entries), config),
);

test('tar: zeros behind its end', async () =>
  refused(
    await writeTar(bench.at('evil.tar.gz'), [manifest], (tar) => Buffer.concat([tar, Buffer.alloc(96 * 1_048_576)])),
  ));
test('tar: cut off in the middle', async () =>
  refused(
    await writeTar(bench.at('evil.tar.gz'), [manifest, { name: 'evil/a', content: 'x'.repeat(5_000) }], (tar) =>
      tar.subarray(0, 3_000),
    ),
  ));
test('tar: a header with another checksum', async () =>
  refused(
    await writeTar(bench.at('evil.tar.gz'), [manifest, { name: 'evil/a', content: 'x' }], (tar) => {
      tar[1_024] = 0x41;
      return tar;
    }),
  ));
test('neither a zip nor a tar', async () => {
  writeFileSync(bench.at('a.zip'), 'no zip');
  writeFileSync(bench.at('b.tgz'), gzipSync('no tar at all'));
  writeFileSync(bench.at('c.tgz'), 'no gzip');
  const { skills } = await bench.open();
  for (const name of ['a.zip', 'b.tgz', 'c.tgz'])
    expect(['SKILL_ARCHIVE_UNSAFE', 'SKILL_INVALID'], name).toContain(await codeOf(skills.install(bench.at(name))));
  expect(readdirSync(bench.at('installed'))).toEqual([]);
});
