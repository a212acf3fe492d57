import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../mcp-servers/python-executor/admission.ts';
import { pathProblem } from '../../../mcp-servers/python-executor/arguments.ts';
import { optionsSchema, readSettings } from '../../../mcp-servers/python-executor/options.ts';
import { encodeFrame, FrameReader } from '../../../mcp-servers/python-executor/sandbox/frames.ts';
import { seccompFilter } from '../../../mcp-servers/python-executor/sandbox/seccomp.ts';

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const frame = fc.record({ kind: fc.constantFrom('o', 'e', 'd'), payload: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map(({ kind, payload }) => encodeFrame(kind, Buffer.from(payload))));
          const reader = new FrameReader('oed', 300);
          const seen: { kind: string; payload: number[] }[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const end = at + cuts[turn % cuts.length]!;
            for (const { kind, payload } of reader.push(stream.subarray(at, end)))
              seen.push({ kind, payload: [...payload] });
            at = end;
          }
          expect(seen).toEqual(frames.map(({ kind, payload }) => ({ kind, payload: [...payload] })));
        },
      ),
    );
  });

  it('refuse unknown letters and sizes over the limit', () => {
    expect(() => new FrameReader('oed', 10).push(encodeFrame('z', Buffer.alloc(1)))).toThrow(/damaged/);
    expect(() => new FrameReader('oed', 10).push(encodeFrame('o', Buffer.alloc(11)))).toThrow(/damaged/);
  });
});

describe('paths of input files', () => {
  it('never lead out of the folder', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '/', '\\', 'C:', '\0'), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const path = parts.join('/');
        if (pathProblem(path) !== undefined) return;
        const url = new URL(path.split('/').map(encodeURIComponent).join('/'), 'file:///root/folder/');
        expect(url.pathname.startsWith('/root/folder/')).toBe(true);
        expect(path.split('/')).not.toContain('..');
      }),
    );
    expect(pathProblem('data/in.csv')).toBeUndefined();
  });
});

describe('admission', () => {
  it('never runs more than it may, and every place comes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (concurrency, queue, calls) => {
          const admission = new Admission(concurrency, queue);
          let active = 0;
          let most = 0;
          await Promise.allSettled(
            calls.map(async (cancelled) => {
              const abort = new AbortController();
              const place = admission.enter(abort.signal);
              if (cancelled) abort.abort();
              const leave = await place;
              most = Math.max(most, ++active);
              await Promise.resolve();
              active--;
              leave();
              leave();
            }),
          );
          expect(most).toBeLessThanOrEqual(concurrency);
          expect(active).toBe(0);
          const places = await Promise.all(Array.from({ length: concurrency }, () => admission.enter(undefined)));
          expect(places).toHaveLength(concurrency);
        },
      ),
    );
  });
});

describe('settings', () => {
  it('come from flags before the environment', () => {
    const { options, httpPort } = readSettings(
      ['--memory-mib=128', '--http', '0', '--allow-packages', 'numpy, pandas'],
      {
        PYTHON_EXECUTOR_MEMORY_MIB: '256',
        PYTHON_EXECUTOR_SESSIONS: '3',
        PYTHON_EXECUTOR_ALLOW_UNSANDBOXED: '1',
        PYTHON: '/opt/python',
      },
    );
    expect(options).toMatchObject({
      memoryMib: 128,
      sessions: 3,
      allowUnsandboxed: true,
      python: '/opt/python',
      allowPackages: ['numpy', 'pandas'],
    });
    expect(httpPort).toBe(0);
  });
});

describe('the system call filter', () => {
  it('is a program of whole instructions whose jumps stay inside', () => {
    for (const arch of ['x64', 'arm64']) {
      const program = seccompFilter(arch)!;
      expect(program.length % 8).toBe(0);
      const count = program.length / 8;
      for (let at = 0; at < count; at++) {
        const isJump = (program.readUInt16LE(at * 8) & 0x07) === 0x05;
        if (isJump) expect(at + 1 + Math.max(program[at * 8 + 2]!, program[at * 8 + 3]!)).toBeLessThan(count);
      }
      expect(program.readUInt16LE((count - 1) * 8)).toBe(0x06);
    }
    expect(seccompFilter('riscv64')).toBeUndefined();
  });
});

describe('the folder stands on its own', () => {
  const folder = new URL('../../../mcp-servers/python-executor/', import.meta.url);
  const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

  it('pins the same versions as the house', () => {
    const house = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    const own = JSON.parse(read('package.json'));
    for (const [name, version] of Object.entries(own.dependencies))
      expect([name, version]).toEqual([name, house.dependencies[name]]);
  });

  it('names every flag with its default in the README', () => {
    const readme = read('README.md').replace(/ +/g, ' '); // the formatter aligns tables
    const defaults = optionsSchema.parse({}) as Record<string, unknown>;
    for (const [field, schema] of Object.entries(optionsSchema.shape)) {
      const flag = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const value = defaults[field];
      const shown = value === undefined ? '' : `\`${Array.isArray(value) ? '(none)' : value}\``;
      expect(readme).toContain(`| \`--${flag}\` | ${shown} | ${schema.description} |`.replace(/ +/g, ' '));
    }
  });
});
