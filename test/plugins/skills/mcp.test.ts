import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { SKILLS } from '#plugins/skills/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { skillText, until } from './open-skills.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'skills-mcp-'));
let kernel: BootedKernel;
let client: Client;
let served: SkillsClient;

const write = (place: string, name: string, text = skillText(name)): void => {
  mkdirSync(path.join(dir, place, name, 'references'), { recursive: true });
  writeFileSync(path.join(dir, place, name, 'SKILL.md'), text);
  writeFileSync(path.join(dir, place, name, 'references', 'a b.md'), `of ${name}`);
};

beforeAll(async () => {
  write('user', 'charts', `\ufeff${skillText('charts', 'Draws charts.', 'See [colors](references/a%20b.md).\n')}`);
  write('user', 'mail');
  write('user', 'Not_Valid');
  write('project', 'evil');
  kernel = await bootKernel({
    plugins: {
      http: { port: 0 },
      skills: {
        dirs: [path.join(dir, 'project')],
        userDir: path.join(dir, 'user'),
        dir: path.join(dir, 'installed'),
        watch: { settleMs: 20 },
      },
    },
  });
  client = new Client({ name: 'a-client', version: '1' });
  const url = new URL(`${kernel.get(HTTP_SERVER).address.url}/mcp/skills`);
  await client.connect(new StreamableHTTPClientTransport(url));
  served = new SkillsClient(client);
});
afterAll(async () => {
  await client?.close();
  await kernel?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a client of the extension lists, and reads and verifies every file of, what is offered and keeps the rules', async () => {
  expect(served.supported).toBe(true);
  const { skills } = await served.list();
  expect(skills.map(({ frontmatter }) => frontmatter.name)).toEqual(['charts', 'mail']);
  const manifest = await served.read(skills[0]!);
  expect(manifest).toMatchObject({ verified: true, body: 'See [colors](references/a%20b.md).\n' });
  for (const skill of skills)
    expect(await served.read(skill, 'references/a b.md')).toMatchObject({
      verified: true,
      text: `of ${skill.frontmatter.name}`,
    });
  expect(kernel.get(SKILLS).catalog.map(({ name }) => name)).toEqual(['Not_Valid', 'charts', 'mail']);
});

test('nothing else is read by an address', async () => {
  for (const uri of [
    'skill://evil/SKILL.md',
    'skill://charts/../evil/SKILL.md',
    'skill://charts/..%2F..%2Fproject%2Fevil%2FSKILL.md',
    'skill://charts/%2E%2E/%2E%2E/project/evil/SKILL.md',
    'skill://%2Fetc/passwd',
    'skill://charts/%zz',
    'file:///etc/passwd',
  ])
    await expect(client.readResource({ uri }), uri).rejects.toThrow();
});

test('an edit is served at the next question', async () => {
  writeFileSync(path.join(dir, 'user', 'charts', 'SKILL.md'), skillText('charts', 'Draws better charts.'));
  await until(async () => (await served.list()).skills[0]?.frontmatter.description === 'Draws better charts.');
  const { skills } = await served.list();
  expect(await served.read(skills[0]!)).toMatchObject({ verified: true });
});
