import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Message, TokenCounter } from '#plugins/context/api';
import { interleaved } from '../../bench/support/interleaved.ts';
import { judgesInstalled } from '../../e2e/judges-installed.ts';

const TIMES_THE_PEER = 5;

const available = await judgesInstalled('judges');

test.skipIf(!available)(
  `at least ${TIMES_THE_PEER} times as fast as tokenx, side by side`,
  { timeout: 120_000 },
  () => {
    const race = join(import.meta.dirname, 'estimator-race.ts');
    const { stdout, stderr } = spawnSync(process.execPath, [race], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const times: Readonly<Record<string, number>> = JSON.parse(stdout);
    expect(Object.keys(times)).toHaveLength(4);
    for (const [name, ratio] of Object.entries(times)) expect(ratio, name).toBeGreaterThanOrEqual(TIMES_THE_PEER);
  },
);

test('a window that was counted is counted again a hundred times in less time than once', () => {
  const history = Array.from({ length: 240 }, (_, i): Message => {
    const text = `${i} ${'The build failed with exit code 2. '.repeat(56)}`;
    return { id: `m${i}`, role: 'user', at: 0, parts: [{ type: 'text', text }] };
  });
  const counter = new TokenCounter();
  counter.messages(history);
  const again = () => {
    for (let i = 0; i < 100; i++) counter.messages(history);
  };
  const [once, hundred] = interleaved([() => new TokenCounter().messages(history), again], { rounds: 20, calls: 1 });
  expect(hundred).toBeLessThan(once!);
});
