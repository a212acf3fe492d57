import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readData } from '#kernel';
import { catalogFile } from '../../../plugins/mcp-search/catalog-file.ts';
import { matches } from '../../../plugins/policy/glob.ts';
import { policyJsonSchema } from '../../../plugins/policy/rules-file.ts';
import { openBench, request, until } from './open-policy.ts';

const { open, on } = openBench();
const CATALOG = path.resolve('config/catalog');
const catalog = readdirSync(CATALOG)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => readData(readFileSync(path.join(CATALOG, name), 'utf8'), name, catalogFile).servers);

on(
  'with the rules that ship, what the catalog offers without a key comes at once; strangers are asked for',
  async () => {
    const { policy, lines } = await open();
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    const free = catalog.filter(
      ({ npm, needs }) => npm !== undefined && needs.backing.length === 0 && !needs.secrets.some((one) => one.required),
    );
    expect(free.length).toBeGreaterThan(12);
    const asked: string[] = [];
    for (const { npm, needs } of free) {
      const more = {
        ...(npm!.version !== undefined && { version: npm!.version }),
        needs: { secrets: [], network: needs.network },
      };
      const { verdict, rule } = await policy.judge(request(`npm:${npm!.package}`, more));
      if (verdict !== 'allow') asked.push(`${npm!.package}@${npm!.version}: ${verdict} by ${rule}`);
    }
    expect(asked, 'name them under "allow" in config/policy.yaml, in the version of the catalog').toEqual([]);
    const of = async (...asking: Parameters<typeof request>) => (await policy.judge(request(...asking))).rule;
    expect(await of('npm:@modelcontextprotocol/server-memory', { level: 'high' })).toBe('allow');
    expect(await of('npm:@microsoft/something')).toBe('trusted publisher');
    expect(await of('npm:something')).toBe('unknown publisher');
    expect(await of('npm:something', { publisher: { stars: 100, contributors: 5, readme: true } })).toBe(
      'well-known project',
    );
    expect((await policy.judge(request('npm:something'))).verdict).toBe('ask');
  },
);

on('an empty file asks for everything, at the strictest level', async () => {
  const { policy } = await open('');
  expect(await policy.judge(request('npm:@modelcontextprotocol/a'))).toMatchObject({
    verdict: 'ask',
    level: 'high',
    rule: 'no rule applies',
  });
});

on('a file with mistakes tells the place of each, and the rules before stay in force', async () => {
  const { policy, file, lines, health } = await open('allow: [npm:a]');
  const wrong = `allow: [npm:b]
denny: []
quotas: { perDay: many }
rules:
  - name: one
    verdict: maybe
  - name: one
    verdict: ask
    when: { subject: [memory] }
`;
  writeFileSync(file, wrong);
  await until(() => expect(lines.at(-1)?.level).toBe('error'));
  const said = lines.at(-1)!.sentence;
  expect(said).toMatch(/^POLICY_FILE_INVALID: the rules before stay in force: /);
  for (const place of [
    `${file}:2:1 unknown key "denny" (did you mean "deny"?)`,
    `${file}:3:19 quotas.perDay`,
    `${file}:6:14 rules.0.verdict`,
    `${file}:9:23 rules.1.when.subject.0`,
  ])
    expect(said).toContain(place);
  expect((await policy.judge(request('npm:a'))).verdict).toBe('allow');
  expect((await policy.judge(request('npm:b'))).rule).toBe('no rule applies');
  expect(health()).toMatchObject({ ok: false, detail: { problem: expect.stringContaining('denny') } });

  writeFileSync(file, 'rules:\n  - { name: one, verdict: ask }\n  - { name: one, verdict: ask }\n');
  await until(() => expect(lines.at(-1)?.sentence).toContain(`${file}:3:13 rules.1.name: another rule has this name`));
  writeFileSync(file, 'allow: [npm:b\n');
  await until(() => expect(lines.at(-1)?.sentence).toContain(`${file}:2:1 `));
  expect((await policy.judge(request('npm:a'))).verdict).toBe('allow');

  writeFileSync(file, 'deny: [npm:a]');
  await until(() => expect(health()).toMatchObject({ ok: true }));
  expect(await policy.judge(request('npm:a'))).toMatchObject({ verdict: 'deny', rule: 'deny' });
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(3);
});

on('where the file goes, the rules that ship are in force; where it comes back, they are its own', async () => {
  const { policy, file } = await open('deny: ["npm:@modelcontextprotocol/*"]');
  const judged = async () => (await policy.judge(request('npm:@modelcontextprotocol/a'))).verdict;
  expect(await judged()).toBe('deny');
  rmSync(file);
  await until(async () => expect(await judged()).toBe('allow'));
  writeFileSync(file, 'deny: ["npm:@modelcontextprotocol/*"]');
  await until(async () => expect(await judged()).toBe('deny'));
});

on('where the file is broken from the start, nothing is allowed, and the reason says why', async () => {
  const { policy } = await open('allow: npm:a');
  const decision = await policy.judge(request('npm:a'));
  expect(decision).toMatchObject({ verdict: 'deny', rule: 'no rules' });
  expect(decision.reason).toMatch(/policy\.yaml:1:8 allow/);
  const large = await open(`# ${'x'.repeat(3_000)}`, { fileKb: 2 });
  expect((await large.policy.judge(request('npm:a'))).reason).toContain('larger than 2 KiB');
});

it('a pattern matches as its regular expression does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '@'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '@', '*'), maxLength: 10 });
  fc.assert(
    fc.property(pattern, text, (one, other) => {
      const expected = new RegExp(`^${one.replaceAll('*', '.*')}$`).test(other);
      expect(matches(one, other)).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
  expect(matches(`${'*a'.repeat(200)}b`, 'a'.repeat(100_000))).toBe(false);
});

it('config/policy.schema.json is what the plugin reads', () => {
  const written = JSON.parse(readFileSync(path.resolve('config/policy.schema.json'), 'utf8'));
  expect(written, 'write policyJsonSchema() of plugins/policy/rules-file.ts to config/policy.schema.json').toEqual(
    policyJsonSchema(),
  );
});
