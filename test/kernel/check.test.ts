// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are parts of pipelines
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { examine } from '../../kernel/examine.ts';
import { showProblem } from '../../kernel/problem.ts';
import { bootKernel, KERNEL_BIN } from '../support/boot-kernel.ts';

const PIPELINES = 'test/fixtures/pipelines';
const PLUGINS = path.resolve('test/fixtures/plugins');

/** The problems of a pipeline that stands in a file of its own beside the fixture plugins. */
async function problemsOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'));
  const file = path.join(dir, 'p.yaml');
  fs.writeFileSync(file, text);
  try {
    const { checked } = await examine({ file, env, searched: [PLUGINS] });
    return checked.problems.map((problem) => showProblem(problem).replaceAll(`${dir}/`, ''));
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}

test('finds every planted mistake in one pass, each with its place and what to do', () => {
  const file = `${PIPELINES}/bad/mistakes.yaml`;
  const { stdout, status } = spawnSync(process.execPath, [KERNEL_BIN, 'check', file], { encoding: 'utf8' });
  const here = (at: string, text: string): string => `${file}:${at} ${text}`;
  expect(stdout.trimEnd().split('\n')).toEqual([
    here('1:9', 'PIPELINE_KERNEL: this kernel reads pipelines of version 1   hint: kernel: 1'),
    here('2:1', 'PIPELINE_UNKNOWN_KEY: unknown key "mod"   hint: did you mean "mode"?'),
    here(
      '3:7',
      'PIPELINE_INVALID: mode: expected one of "server"|"worker"|"cli", got "sever"   hint: did you mean "server"?',
    ),
    here('5:5', `INCLUDE_MISSING: there is no file ${PIPELINES}/bad/tornn.yaml   hint: did you mean "torn.yaml"?`),
    here('8:37', 'PIPELINE_INVALID: dirs.2: expected string, got 7'),
    here('10:12', 'PIPELINE_INVALID: limits.startMs: expected number to be >=1, got 0'),
    here('11:3', 'PIPELINE_UNKNOWN_KEY: limits has no option "stopms"   hint: did you mean "stopMs"?'),
    here('12:7', 'PIPELINE_INVALID: drop: expected boolean, got "maybe"'),
    here('14:20', 'CONFIG_INVALID: counter.from: expected number, got "zero"'),
    here('15:3', 'PIPELINE_DUPLICATE_KEY: this key stands here twice   hint: keep one of the two'),
    here(
      '16:3',
      'SERVICE_TWICE: "counter" is provided by both "counter" and "counter/second"   hint: turn one of them off: counter/second: off',
    ),
    here('16:21', 'CONFIG_UNKNOWN_KEY: counter/second has no option "form"   hint: did you mean "from"?'),
    here('17:3', 'PLUGIN_UNKNOWN: no plugin named "greter"   hint: did you mean "greeter"?'),
    here(
      '18:3',
      'PLUGIN_ID: "Greeter" is not an id   hint: write plugin or plugin/label, in lower case letters, digits and hyphens',
    ),
    here('20:11', 'CONFIG_INVALID: greeter.mark: expected one of "!"|"?"|".", got "%"'),
    here(
      '23:9',
      'CONFIG_NAME: greeter.styles.1: no greeter.style named "polit"; there are: plain   hint: did you mean "polite"? add plugin polite',
    ),
    here(
      '24:9',
      'CONFIG_NAME: greeter.styles.2: no greeter.style named "polite"; there are: plain   hint: add plugin polite',
    ),
    here(
      '25:9',
      'CONFIG_NAME: greeter.styles.3: no greeter.style named "plan"; there are: plain   hint: did you mean "plain"?',
    ),
    here(
      '26:3',
      'SERVICE_MISSING: "teller" needs "ledger", which nothing in this pipeline provides   hint: add one of: ledger',
    ),
    here(
      '26:19',
      'PIPELINE_ENV: environment variable PLANTED_NOWHERE is not set and has no default   hint: set it, or write ${PLANTED_NOWHERE:-value}',
    ),
    here('28:28', 'CONFIG_INVALID: listener/second.port: expected number, got "8090"'),
    here('29:27', 'CONFIG_INVALID: listener/third.port: expected number to be <=65535, got 70000'),
    here(
      '30:3',
      'RESOURCE_TWICE: tcp:8090 is claimed by both "listener" and "listener/fourth"   hint: give one of them another',
    ),
    here(
      '31:3',
      'PLUGIN_CYCLE: plugins need each other in a circle: ring-one -> ring-two -> ring-one   hint: make one need optional, or talk over events',
    ),
    here(
      '33:3',
      'PLUGIN_IMPORT: plugin "throws" cannot be used: test/fixtures/broken/throws/index.ts:3:7 this module always throws',
    ),
    expect.stringMatching(
      /mistakes\.yaml:34:3 PLUGIN_IMPORT: plugin "unreadable" cannot be used: .*unreadable\/index\.js:2:17 Unexpected token/,
    ),
    here(
      '35:3',
      'PLUGIN_NAME: plugin "renamed" cannot be used: test/fixtures/broken/renamed/index.ts:1:1 the folder is called "renamed", the plugin in it "other"   hint: give both the same name',
    ),
    here(
      '36:3',
      'PLUGIN_SHAPE: plugin "no-door" cannot be used: test/fixtures/broken/no-door/index.ts:1:1 has no default export   hint: export default definePlugin({ ... })',
    ),
    here('37:3', 'CONFIG_MISSING: wants-size.size is missing: expected number'),
    here('38:3', 'PLUGIN_UNKNOWN: no plugin named "ledgers"   hint: did you mean "ledger"?'),
    here('39:9', 'CONFIG_INVALID: once: expected options or off, got "yes please"   hint: once: {}'),
    `${PIPELINES}/bad/circle.yaml:2:11 INCLUDE_CYCLE: files include each other in a circle: mistakes.yaml -> circle.yaml -> mistakes.yaml   hint: remove one of these includes`,
    `${PIPELINES}/bad/torn.yaml:4:3 PIPELINE_YAML: flow map in block collection must be sufficiently indented and end with a }`,
  ]);
  expect(status).toBe(2);
});

describe('problems that cannot stand beside the others', () => {
  test.each([
    ['kernel: 1\nmode: server\nplugins: {}\n', ['p.yaml:3:1 PIPELINE_EMPTY: this pipeline names no plugin']],
    [
      'kernel: 1\nplugins: { counter: {} }\n',
      ['p.yaml:1:1 PIPELINE_MISSING_KEY: mode is missing: expected one of "server"|"worker"|"cli"'],
    ],
    [
      'mode: server\nplugins: { counter: {} }\n',
      ['p.yaml:1:1 PIPELINE_KERNEL: the key "kernel" is missing   hint: begin the file with kernel: 1'],
    ],
    [
      'kernel: 1\nmode: cli\nplugins: { counter: {} }\n',
      [
        'p.yaml:2:7 MODE_NEEDS: mode "cli" needs one plugin that provides "kernel.main"; this pipeline has none   hint: add one of: once',
      ],
    ],
    [
      'kernel: 1\nmode: cli\nplugins: { counter: {}, greeter: {}, once: {}, once/b: {} }\n',
      [
        'p.yaml:2:7 MODE_NEEDS: mode "cli" needs one plugin that provides "kernel.main"; this pipeline has once and once/b   hint: turn one of them off',
      ],
    ],
    ['- a\n- b\n', ['p.yaml:1:1 PIPELINE_INVALID: a pipeline is a map of keys']],
    [
      'kernel: 1\nmode: server\nplugins: [counter]\n',
      ['p.yaml:3:10 PIPELINE_INVALID: plugins: expected record, got ["counter"]'],
    ],
    ['kernel: 1\nmode: "server\n', ['p.yaml:3:1 PIPELINE_YAML: missing closing "quote']],
    [
      'kernel: 1\nmode: server\ninclude: 5\nplugins: { counter: {} }\n',
      ['p.yaml:3:10 PIPELINE_INVALID: include: expected paths of pipeline files   hint: include: [base/common.yaml]'],
    ],
    [
      'kernel: 1\nmode: server\nplugins: { ledger: {}, teller: { pin: 12345, apiKey: [sesame-open] } }\n',
      [
        'p.yaml:3:39 CONFIG_INVALID: teller.pin: expected string, got 12345',
        'p.yaml:3:54 CONFIG_INVALID: teller.apiKey: expected string, got ***',
      ],
    ],
    [
      'kernel: 1\nmode: server\nplugins: { ledger: {}, teller: { line: ["me:sesame-open@host"] } }\n',
      ['p.yaml:3:40 CONFIG_INVALID: teller.line: expected string, got ["***@host"]'],
    ],
  ])('%j', async (text, expected) => {
    const found = await problemsOf(text);
    expect(found).toHaveLength(expected.length);
    expected.forEach((line, index) => {
      expect(found[index]).toContain(line);
    });
  });

  test('no file, no folder', async () => {
    const { checked } = await examine({ file: '/nowhere/at/all.yaml', env: {} });
    expect(checked.problems.map(({ code }) => code)).toContain('PIPELINE_MISSING');
  });
});

test('an environment value takes the type that the option wants', async () => {
  const pipeline = (text: string) =>
    `kernel: 1\nmode: server\nplugins:\n  listener: { port: "\${P:-0}", text: "${text}" }\n`;
  expect(await problemsOf(pipeline('${T}'), { T: '007' })).toEqual([]);
  expect(await problemsOf(pipeline('${T:-}'), {})).toEqual([]);
  expect(await problemsOf(pipeline('a ${T} $${T}'), { T: '1' })).toEqual([]);
  expect((await problemsOf(pipeline('x'), { P: 'http' }))[0]).toContain('listener.port: expected number, got "http"');
  // A number that does not fit is told as a number, with what fits.
  for (const [sent, told] of [
    ['70000', 'expected number to be <=65535, got 70000'],
    ['-1', 'expected number to be >=0, got -1'],
    ['80.5', 'expected int, got 80.5'],
  ])
    expect((await problemsOf(pipeline('x'), { P: sent! }))[0]).toContain(`listener.port: ${told}`);
});

test('whatever check passes, starts; whatever it refuses, does not', async () => {
  const styles = fc.array(fc.constantFrom('plain', 'polite', 'rude'), { maxLength: 2 });
  const text = fc.constantFrom('dear', '${UNSET_NAME}', '${HOME}', '12');
  const possible = {
    counter: fc.record({ from: fc.integer({ min: -1, max: 9 }) }),
    'counter/b': fc.constant({}),
    greeter: fc.record({ styles }),
    polite: fc.record({ title: text }),
    ledger: fc.constantFrom({}, null, 'off'),
    teller: fc.record({ line: text, pin: text }),
    listener: fc.record({ port: fc.constantFrom(0, -1, '80', '${UNSET_PORT:-0}') }),
    'listener/b': fc.constant({ text: 'b' }),
    'ring-one': fc.constant({}),
    'ring-two': fc.constant({}),
    nobody: fc.constant({}),
  };
  const chosen = fc.subarray(Object.keys(possible), { minLength: 1, maxLength: 5 });
  const pipeline = fc
    .tuple(fc.record(possible), chosen)
    .map(([all, keys]) => Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key))));
  let started = 0;
  await fc.assert(
    fc.asyncProperty(pipeline, async (plugins) => {
      const problems = await problemsOf(JSON.stringify({ kernel: 1, mode: 'server', plugins }), { HOME: 'home' });
      const booting = bootKernel({
        plugins: plugins as Record<string, object>,
        dirs: [PLUGINS],
        onlyDirs: true,
        env: { HOME: 'home' },
      });
      if (problems.length > 0) await expect(booting).rejects.toMatchObject({ code: 'PIPELINE_BROKEN' });
      else {
        const kernel = await booting;
        expect(kernel.status()).toMatchObject({ ok: true, ready: true });
        await kernel.stop();
        started++;
      }
    }),
    { numRuns: 300 },
  );
  expect(started).toBeGreaterThan(20);
});
