import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const FILE = resolve(import.meta.dirname, '../../support/scripted-model-process.ts');

test('the stand-in for a model runs by itself, from a script, and ends when it is told to', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'scripted-model-'));
  const [script, log] = [join(dir, 'script.json'), join(dir, 'asked.jsonl')];
  const rules = [
    { when: 1, reply: { text: 'first' } },
    { when: '/WEATHER/i', times: 1, reply: { calls: [{ name: 'weather', args: { city: 'Oslo' } }] } },
    { when: 'weather', reply: { status: 503 } },
  ];
  writeFileSync(script, JSON.stringify(rules));
  const child = spawn(process.execPath, [FILE, script, log], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const ask = (content: string, stream = false) =>
      fetch(`${line.trim()}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content }] }),
      });
    expect(await (await ask('weather?')).json()).toMatchObject({ choices: [{ message: { content: 'first' } }] });
    expect(await (await ask('weather?', true)).text()).toMatch(/^data: .*"name":"weather".*data: \[DONE\]\n\n$/s);
    expect((await ask('weather?')).status).toBe(503);
    expect(await (await ask('anything')).json()).toMatchObject({ error: { message: 'no rule answers: anything' } });
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(4);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  }
});
