import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { writeTar, writeZip } from './archives.ts';
import { codeOf, openBench, skillText } from './open-skills.ts';

const bench = openBench();
const left = (): string[] => (existsSync(bench.at('installed')) ? readdirSync(bench.at('installed')).sort() : []);

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });

/** A bare repository of everything in `work`. */
function repository(): string {
  git(bench.at('work'), 'init', '-q', '-b', 'main');
  git(bench.at('work'), 'add', '-A');
  git(bench.at('work'), 'commit', '-q', '-m', 'first');
  git(bench.at(), 'clone', '-q', '--bare', bench.at('work'), bench.at('bare.git'));
  return pathToFileURL(bench.at('bare.git')).href;
}

test('from a folder: copied, not trusted until somebody does, and gone when removed', async () => {
  const folder = bench.write('work', 'charts', {
    'SKILL.md': skillText('charts'),
    'scripts/draw.sh': '#!/bin/sh\n',
    '.git/config': 'history',
  });
  execFileSync('chmod', ['755', path.join(folder, 'scripts/draw.sh')]);
  const { skills } = await bench.open();
  const told: number[] = [];
  skills.onChange((version) => told.push(version));
  expect(await skills.install(folder)).toMatchObject({ name: 'charts', scope: 'installed', trusted: false });
  expect(skills.catalog).toEqual([]);
  expect(await codeOf(skills.load('charts'))).toBe('SKILL_UNTRUSTED');
  await skills.trust('charts');
  expect((await skills.load('charts')).files).toEqual(['SKILL.md', 'scripts/draw.sh']);
  expect(statSync(bench.at('installed', 'charts', 'scripts', 'draw.sh')).mode & 0o111).toBe(0);
  expect(await codeOf(skills.install(folder))).toBe('SKILL_TAKEN');
  await skills.remove('charts');
  expect(skills.catalog).toEqual([]);
  expect(left()).toEqual(['trust.json']);
  expect(await codeOf(skills.remove('charts'))).toBe('SKILL_UNKNOWN');
  expect(told.length).toBeGreaterThanOrEqual(3);
  expect(told.at(-1)).toBe(skills.version);
});

test('installed with trust it is offered at once, and after a restart', async () => {
  const folder = bench.write('work', 'charts');
  const first = await bench.open();
  expect(await first.skills.install(folder, { trust: true })).toMatchObject({ trusted: true });
  await first.close();
  const { skills } = await bench.open();
  expect(skills.catalog.map(({ name }) => name)).toEqual(['charts']);
});

test('from a zip and from a tar', async () => {
  const zip = writeZip(bench.at('one.zip'), [
    { name: 'one/', mode: 0o040755 },
    { name: 'one/SKILL.md', content: skillText('one') },
    { name: 'one/references/a.md', content: 'a' },
  ]);
  const tar = await writeTar(bench.at('two.tar.gz'), [
    { name: './', type: 'directory' },
    { name: './SKILL.md', content: skillText('two') },
    { name: './references/a.md', content: 'b' },
  ]);
  const { skills } = await bench.open();
  for (const source of [zip, tar]) await skills.install(source, { trust: true });
  expect(await skills.read('one', 'references/a.md')).toBe('a');
  expect(await skills.read('two', 'references/a.md')).toBe('b');
  expect(left()).toEqual(['one', 'trust.json', 'two']);
});

test('of several the one that is named; else all names are told', async () => {
  for (const name of ['one', 'two']) bench.write('work/.agents/skills', name);
  const { skills } = await bench.open({ install: { git: ['file'] } });
  const url = repository();
  await expect(skills.install(url)).rejects.toMatchObject({
    code: 'SKILL_INVALID',
    alternatives: ['.agents/skills/one', '.agents/skills/two'],
  });
  expect(await codeOf(skills.install(`${url}#three`))).toBe('SKILL_INVALID');
  expect(await skills.install(`${url}#two`)).toMatchObject({ name: 'two' });
  expect(left()).toEqual(['two']);
});

test('from git: no hook runs, no submodule is followed, no history stays', async () => {
  bench.write('work', 'charts', {
    'SKILL.md': skillText('charts'),
    '.gitattributes': '* filter=evil\n',
    '.githooks/post-checkout': `#!/bin/sh\ntouch ${bench.at('ran')}\n`,
  });
  writeFileSync(
    bench.at('work', '.gitmodules'),
    `[submodule "m"]\n\tpath = m\n\turl = ext::sh -c touch% ${bench.at('ran')}\n\tupdate = !touch ${bench.at('ran')}\n`,
  );
  const template = bench.at('template', 'hooks');
  mkdirSync(template, { recursive: true });
  writeFileSync(path.join(template, 'post-checkout'), `#!/bin/sh\ntouch ${bench.at('ran')}\n`, { mode: 0o755 });
  const url = repository();
  const { skills } = await bench.open({ install: { git: ['file'] } });
  process.env.GIT_TEMPLATE_DIR = bench.at('template');
  try {
    await skills.install(url, { trust: true });
  } finally {
    delete process.env.GIT_TEMPLATE_DIR;
  }
  expect((await skills.load('charts')).files).toContain('SKILL.md');
  expect(existsSync(bench.at('installed', 'charts', '.git'))).toBe(false);
  expect(existsSync(bench.at('ran'))).toBe(false);
});

test('a repository with a link, or none at all, leaves nothing', async () => {
  bench.write('work', 'charts');
  symlinkSync('/etc/passwd', bench.at('work', 'charts', 'notes.md'));
  const { skills } = await bench.open({ install: { git: ['file'] } });
  expect(await codeOf(skills.install(repository()))).toBe('SKILL_ARCHIVE_UNSAFE');
  expect(await codeOf(skills.install(pathToFileURL(bench.at('nowhere.git')).href))).toBe('SKILL_SOURCE_UNREACHABLE');
  expect(left()).toEqual([]);
});

test.each([
  'http://127.0.0.1:1/x.git',
  'file:///tmp/x.git',
  'ext::sh -c touch% /tmp/x',
  'git+ext://sh/x',
  'ssh://-oProxyCommand=touch/x',
  'git@example.com:x/y.git',
  'https://example.com/skill.zip',
  'https://-x.example/y.git',
  'ftp://example.com/x.git',
])('the address %s is refused, and nothing is started', async (source) => {
  const { skills } = await bench.open({ install: { git: ['https'] } });
  expect(['SKILL_SOURCE_REFUSED', 'SKILL_SOURCE_UNREACHABLE']).toContain(await codeOf(skills.install(source)));
  expect(left()).toEqual([]);
});

test('a password in an address is told to nobody', async () => {
  const { skills, lines } = await bench.open({ install: { git: ['https'] } });
  const error = await skills.install('https://me:hunter22@127.0.0.1:1/x.git').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'SKILL_SOURCE_UNREACHABLE' });
  expect(JSON.stringify([String(error), (error as { data: unknown }).data, lines])).not.toContain('hunter22');
});

test('a repository that does not answer ends with the time limit, and its processes with it', async () => {
  const { createServer } = await import('node:net');
  const sockets = new Set<import('node:net').Socket>();
  const server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as import('node:net').AddressInfo;
  const { skills } = await bench.open({ install: { git: ['https'], timeoutMs: 400 } });
  await expect(skills.install(`https://127.0.0.1:${port}/x.git`)).rejects.toMatchObject({
    code: 'SKILL_SOURCE_UNREACHABLE',
    message: expect.stringContaining('400 ms'),
  });
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(`127.0.0.1:${port}/x.git`);
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => server.close(done));
  expect(left()).toEqual([]);
});

test('what is not a skill is refused with every problem', async () => {
  const folder = bench.write('work', 'x', '---\nname: Not A Name!\nfoo: 1\n---\n');
  const { skills } = await bench.open({ mode: 'strict' });
  const error = await skills.install(folder).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'SKILL_INVALID' });
  const { problems } = (error as { data: { problems: string[] } }).data;
  expect(problems.map((each) => each.split(':')[0])).toEqual([
    'SKILL_NAME_INVALID',
    'SKILL_DESCRIPTION_MISSING',
    'SKILL_FIELD_UNKNOWN',
  ]);
  expect(left()).toEqual([]);
});

test('ten at once with one name: one is installed, and it is whole', async () => {
  const folders = Array.from({ length: 10 }, (_, at) =>
    bench.write(`work${at}`, 'same', { 'SKILL.md': skillText('same', `Number ${at}.`), 'number.txt': String(at) }),
  );
  const { skills } = await bench.open();
  const codes = await Promise.all(folders.map((folder) => codeOf(skills.install(folder, { trust: true }))));
  expect(codes.filter((code) => code === 'none')).toHaveLength(1);
  expect(new Set(codes)).toEqual(new Set(['none', 'SKILL_TAKEN']));
  expect(skills.catalog[0]!.description).toBe(`Number ${await skills.read('same', 'number.txt')}.`);
  expect(readFileSync(bench.at('installed', 'same', 'number.txt'), 'utf8')).toBe(String(codes.indexOf('none')));
});
