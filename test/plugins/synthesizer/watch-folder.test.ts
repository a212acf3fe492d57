import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';
import { type Opened, openSynthesis } from './open-synthesis.ts';

const said = (source: 'user' | 'agent', n: number): object => ({
  kind: 'MessageEvent',
  id: `event-${n}`,
  timestamp: `2026-03-04T10:00:0${n}`,
  source,
  llm_message: { role: source === 'user' ? 'user' : 'assistant', content: [{ type: 'text', text: `Words ${n}` }] },
});

test('a conversation that is a folder of events grows with each of them, and is one run', async () => {
  const model: SynthesisModel = await synthesisModel();
  // No sweep comes to find what a touched event did not bring.
  const at: Opened = await openSynthesis({ model: model.url, plugins: { synthesizer: { sweepMs: 600_000 } } });
  const stop = new AbortController();
  const folder = path.join(at.dir, 'in', 'conversation', 'events');
  mkdirSync(folder, { recursive: true });
  const write = (n: number): void =>
    writeFileSync(path.join(folder, `event-0000${n}.json`), JSON.stringify(said(n % 2 === 0 ? 'user' : 'agent', n)));
  const messages = async (): Promise<readonly number[]> => {
    const runs = await at.archive.many((await at.archive.heads(0)).map(({ id }) => id));
    return runs.map(({ counts }) => counts.messages);
  };
  const until = async (expected: readonly number[]): Promise<void> => {
    for (const end = Date.now() + 10_000; Date.now() < end && `${await messages()}` !== `${expected}`; )
      await sleep(15);
    expect(await messages()).toEqual(expected);
  };
  write(0);
  write(1);
  const running = at.synthesis.watch([path.join(at.dir, 'in')], { signal: stop.signal });
  try {
    await until([2]);
    write(2);
    await until([3]);
    write(3);
    await until([4]);
    expect(await at.archive.quarantined()).toEqual([]);
  } finally {
    stop.abort();
    await running;
    await at.close();
    await model.close();
  }
});
