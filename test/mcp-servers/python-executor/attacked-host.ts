import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonServer, type Result, sandboxMissing } from './python-server.ts';

export const SECRET = 'planted-secret-7f3a91';

export type Attack = {
  name: string;
  code: () => string;
  more?: Record<string, unknown>;
  expect: (result: Result) => void;
};

/** A machine with something to steal: a secret in a file and in the environment, and sockets that nobody may reach. */
export class AttackedHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'attack-host-'));
  readonly secretFile = join(this.folder, 'secret.txt');
  /** Abstract sockets have one name space for the whole machine. */
  readonly abstractName = `${SECRET}-${process.pid}`;
  server!: PythonServer;
  connections = 0;
  port = 0;
  readonly #listeners: Server[] = [];

  async open(): Promise<void> {
    writeFileSync(this.secretFile, SECRET);
    const [tcp] = await Promise.all([this.#listen(0), this.#listen(`\0${this.abstractName}`)]);
    this.port = (tcp.address() as { port: number }).port;
    this.server = await new PythonServer([], { API_TOKEN: SECRET, AWS_SECRET_ACCESS_KEY: SECRET }).connect();
  }

  async close(): Promise<void> {
    await this.server?.close();
    for (const each of this.#listeners) await new Promise((resolve) => each.close(resolve));
    rmSync(this.folder, { recursive: true });
  }

  async #listen(at: number | string): Promise<Server> {
    const listener = createServer((socket) => {
      this.connections++;
      socket.end();
    });
    this.#listeners.push(listener);
    await new Promise<void>((resolve) =>
      typeof at === 'number' ? listener.listen(at, '127.0.0.1', resolve) : listener.listen(at, resolve),
    );
    return listener;
  }
}

/** Tries each attack; after it the server works, no process of it is left, and the host is as it was. */
export function attackWith(what: string, host: AttackedHost, attacks: readonly Attack[], more = () => {}): void {
  describe.skipIf(sandboxMissing)(`attacks on CPython in its sandbox: ${what}`, () => {
    beforeAll(() => host.open());
    afterAll(() => host.close());

    it.each(attacks)('$name', async (attack) => {
      const result = await host.server.run(attack.code(), attack.more);
      attack.expect(result);
      await host.server.allGone();
      const next = await host.server.run('6 * 7');
      expect(next.structuredContent.value_json).toBe(42);
    });

    more();

    it('leaves nothing of an attack on the host', () => {
      expect(readFileSync(host.secretFile, 'utf8')).toBe(SECRET);
      expect(readdirSync(host.folder)).toEqual(['secret.txt']);
      expect(readdirSync('/').filter((name) => name.includes('escape'))).toEqual([]);
      expect(host.connections).toBe(0);
    });
  });
}

/** Python that tries each step and prints what came of it, so that one failure does not hide the next. */
export const attempt = (...steps: string[]) =>
  [
    'import os, sys, ctypes',
    'def attempt(name, step):',
    '    try: print(name, "DONE", repr(step()))',
    '    except BaseException as error: print(name, type(error).__name__, error)',
    ...steps.map((step, index) => `attempt("step${index}", lambda: ${step})`),
  ].join('\n');

export const nothingDone = ({ structuredContent }: Result) => {
  expect(structuredContent.stdout).toContain('step0');
  expect(structuredContent.stdout).not.toContain('DONE');
};
export const fails = (code: string) => (result: Result) => {
  expect(result.isError).toBe(true);
  expect(result.structuredContent.error?.code).toBe(code);
};
export const LIBC = 'ctypes.CDLL(None, use_errno=True)';
/** A raw system call, or an exception where the kernel refuses. */
export const syscall = (...args: (number | string)[]) =>
  `(lambda r: r if r != -1 else (_ for _ in ()).throw(OSError(ctypes.get_errno(), "refused")))(${LIBC}.syscall(${args.join(', ')}))`;
