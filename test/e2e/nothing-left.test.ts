import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startToolServer } from './tool-server.ts';

const ECHO = resolve(import.meta.dirname, '../fixtures/servers/echo.ts');
const HANG = resolve(import.meta.dirname, '../fixtures/servers/hang.ts');

/** Every process whose environment carries the mark that its server was started with. */
const marked = (mark: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark) &&
          !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
        );
      } catch {
        return false;
      }
    })
    .map(Number);

it.each(['SIGTERM', 'SIGKILL'] as const)(
  '%s of the server ends everything that it had started',
  async (signal) => {
    const mark = `NOTHING_LEFT=${signal}-${process.pid}-${Date.now()}`;
    const [name, value] = mark.split('=') as [string, string];
    const entry = (script: string, ...args: string[]) => ({
      command: process.execPath,
      args: [script, ...args],
      env: { [name]: value },
    });
    const server = await startToolServer({
      one: entry(ECHO),
      two: entry(ECHO),
      stubborn: { ...entry(HANG, '--stubborn'), timeouts: { connectMs: 60_000 } },
    });
    const python = fetch(`${server.url}/api/v1/tools/execute/python-executor`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ parameters: { code: 'import time\ntime.sleep(30)' } }),
    }).catch(() => undefined);
    await sleep(1_500);
    expect(marked(mark).length).toBeGreaterThanOrEqual(3);
    server.kernel.child.kill(signal);
    await server.kernel.exited;
    await python;
    const ended = performance.now();
    while (marked(mark).length > 0 && performance.now() - ended < 5_000) await sleep(20);
    expect(marked(mark)).toEqual([]);
    await server.stop();
  },
  30_000,
);
