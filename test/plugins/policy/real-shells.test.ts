import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { permission } from '../../../plugins/policy/permissions.ts';
import { rulesFile } from '../../../plugins/policy/rules-file.ts';

/** Of these, shell scripts are put together at random. Nothing that waits, loops for ever, or leaves the folder. */
const PIECES: readonly string[] = [
  'rm',
  'rm',
  ' rm ',
  ' x',
  '\n',
  '\n',
  ';',
  ' && ',
  ' || ',
  '|',
  '&',
  '"',
  "'",
  '"',
  "'",
  '"',
  "'",
  '$(',
  ')',
  '`',
  '`',
  '(',
  ')',
  '((',
  '))',
  '$((',
  '{ ',
  '; }',
  '${x:-',
  '}',
  '$x',
  '\\',
  '#',
  ' # ',
  '<<E\n',
  '\nE\n',
  '<<-E\n\t',
  "<<'E'\n",
  '<(',
  '<<<',
  ' <x',
  '>x',
  '2>&1',
  '&>x',
  ' echo ',
  'sh -c ',
  'bash -lc ',
  'eval ',
  'env ',
  'A=1 ',
  'timeout 2 ',
  'nice ',
  'xargs ',
  'if true; then ',
  '; fi',
  'for i in 1; do ',
  'for i do ',
  '; done',
  'case x in x) ',
  ';; esac',
  '[[ x ]]',
  '! ',
  'time ',
  'command ',
  'exec ',
  "$'",
  '\\x72',
  'r',
  'm',
  'true',
  'x=',
  '{a,b}',
  ' - ',
  '-- ',
  '\t',
  '\\\n',
  'function g ',
  'trap ',
  ' EXIT',
  'alias x=',
  '=',
  '*',
  '?',
  '[',
  ']',
  '~',
];
const NO_RM = rulesFile.parse({
  permissions: [
    { name: 'all', tool: '*', verdict: 'allow' },
    { name: 'no rm', tool: '*', command: 'rm*', verdict: 'deny' },
  ],
}).permissions;

let folder: string;
const mark = () => path.join(folder, 'mark');
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shells-'));
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  mkdirSync(path.join(folder, 'home'));
  // The only `rm` that they find leaves a mark.
  writeFileSync(path.join(bin, 'rm'), `#!/bin/sh\n: > '${mark()}'\n`, { mode: 0o755 });
  for (const name of ['sh', 'bash', 'env', 'xargs', 'timeout', 'nice', 'true'])
    for (const place of ['/bin', '/usr/bin'])
      if (existsSync(path.join(place, name)) && !existsSync(path.join(bin, name)))
        symlinkSync(path.join(place, name), path.join(bin, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runsRm = (shell: string, script: string): boolean => {
  const home = path.join(folder, 'home');
  spawnSync(shell, ['-c', script], {
    cwd: home,
    env: { PATH: path.join(folder, 'bin'), HOME: home },
    timeout: 3_000,
    stdio: 'ignore',
  });
  const ran = existsSync(mark());
  rmSync(mark(), { force: true });
  return ran;
};

for (const shell of ['/bin/bash', '/bin/sh'])
  (existsSync(shell) ? it : it.skip)(`what is allowed does not run rm in ${shell}, whatever is thrown together`, () => {
    expect(runsRm(shell, 'rm x')).toBe(true);
    let [allowed, refused] = [0, 0];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 10 }), (pieces) => {
        const script = pieces.join('');
        if (!/rm|r\W*m|x72/.test(script)) return;
        if (permission(NO_RM, { tool: 'shell/run', args: { command: script } }, 'policy.yaml').verdict !== 'allow') {
          refused++;
          return;
        }
        allowed++;
        expect(runsRm(shell, script), JSON.stringify(script)).toBe(false);
      }),
      { numRuns: 4_000 },
    );
    expect(refused).toBeGreaterThan(allowed);
    expect(allowed).toBeGreaterThan(20);
  });
