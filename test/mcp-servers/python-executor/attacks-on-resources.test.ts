import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Attack, AttackedHost, attackWith, attempt, fails } from './attacked-host.ts';

const host = new AttackedHost();

const attacks: Attack[] = [
  {
    name: 'fork bomb',
    // a bounded try first: where the limit does not hold, the bomb would take the machine of the test with it
    code: () => `import os, signal, time
children, refused = [], False
for _ in range(100):
    try: child = os.fork()
    except OSError: refused = True; break
    if child == 0: time.sleep(30); os._exit(0)
    children.append(child)
print(refused)
if not refused: os._exit(4)
for child in children: os.kill(child, signal.SIGKILL); os.waitpid(child, 0)
print("bomb", flush=True)
while True:
    try: os.fork()
    except OSError: pass`,
    more: { timeout_seconds: 2 },
    expect: (result) => {
      fails('TIMED_OUT')(result);
      expect(result.structuredContent.stdout).toBe('True\nbomb\n');
    },
  },
  {
    name: 'thread bomb',
    code: () =>
      'import threading, time\nstarted = 0\ntry:\n    while started < 5000:\n        threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); started += 1\nexcept RuntimeError as error: print(error)\nprint(started)',
    more: { timeout_seconds: 10 },
    expect: ({ structuredContent }) =>
      expect(Number(structuredContent.stdout.trim().split('\n').at(-1))).toBeLessThan(65),
  },
  {
    name: 'memory bomb',
    code: () => 'kept = []\nwhile True: kept.append(bytearray(10_000_000))',
    expect: fails('MEMORY_EXCEEDED'),
  },
  {
    name: 'memory bomb over many processes',
    code: () =>
      'import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        kept = bytearray(os.urandom(1000)) * 150_000\n        time.sleep(20)\ntime.sleep(20)',
    more: { timeout_seconds: 15 },
    expect: (result) => {
      fails('MEMORY_EXCEEDED')(result);
      expect(result.structuredContent.memory_exceeded).toBe(true);
      expect(result.structuredContent.execution_time_ms).toBeLessThan(10_000);
    },
  },
  {
    name: 'endless output',
    code: () => 'while True: print("x" * 10_000)',
    expect: (result) => {
      fails('OUTPUT_EXCEEDED')(result);
      expect(result.structuredContent.output_truncated).toBe(true);
      expect(result.structuredContent.stdout.length).toBeLessThanOrEqual(host.server.mark);
    },
  },
  {
    name: 'endless loop',
    code: () => 'print("begun")\nwhile True: pass',
    more: { timeout_seconds: 1 },
    expect: (result) => {
      fails('TIMED_OUT')(result);
      expect(result.structuredContent.timed_out).toBe(true);
      expect(result.structuredContent.stdout).toBe('begun\n');
      expect(result.structuredContent.error?.traceback).toContain('line 2');
    },
  },
  {
    name: 'sleep past the time limit',
    code: () => 'import time; time.sleep(1000)',
    more: { timeout_seconds: 1 },
    expect: fails('TIMED_OUT'),
  },
  {
    name: 'ignore every interruption',
    code: () =>
      'import signal, time\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass',
    more: { timeout_seconds: 1 },
    expect: fails('TIMED_OUT'),
  },
  {
    name: 'hang in C, where no interruption is looked at',
    code: () => 'int("7" * 4000) ** (10 ** 8)',
    more: { timeout_seconds: 1 },
    expect: (result) => expect(['TIMED_OUT', 'MEMORY_EXCEEDED']).toContain(result.structuredContent.error?.code),
  },
  {
    name: 'leave a daemon behind by a double fork',
    code: () =>
      'import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.closerange(0, 50)\n        while True: time.sleep(1)\n    os._exit(0)\nos.wait()\nprint("left")',
    expect: ({ structuredContent }) => expect(structuredContent.stdout).toBe('left\n'),
  },
  {
    name: 'leave a detached interpreter behind',
    code: () =>
      `import subprocess, sys\nchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "${host.server.mark}"], start_new_session=True)\nprint(child.pid > 1)`,
    expect: ({ structuredContent }) => expect(structuredContent.stdout).toBe('True\n'),
  },
  {
    name: 'huge sparse file',
    code: () =>
      attempt(
        'os.truncate(os.open("big", os.O_CREAT | os.O_RDWR), 1 << 40)',
        '(lambda f: (f.seek(1 << 36), f.write(b"x"), f.flush()))(open("seek", "wb"))',
      ),
    expect: ({ structuredContent, isError }) => {
      expect(isError === true || !structuredContent.stdout.includes('DONE')).toBe(true);
      for (const { size } of structuredContent.artifacts) expect(size).toBeLessThan(1000);
    },
  },
  {
    name: 'sparse file just below the limit',
    code: () => 'open("sparse", "wb").truncate(60 << 20)',
    expect: ({ structuredContent }) => {
      expect(structuredContent.artifacts).toEqual([]);
      expect(structuredContent.artifacts_skipped[0]?.reason).toContain('limit');
    },
  },
  {
    name: 'fill every writable place',
    code: () =>
      'import itertools\ntotal = 0\nfor place in ("/sandbox", "/tmp", "/dev/shm"):\n    for number in itertools.count():\n        try:\n            with open(f"{place}/{number}", "wb") as file: total += file.write(b"x" * 8_000_000)\n        except OSError as error: print(place, error.errno); break\nprint(total)',
    expect: ({ structuredContent }) =>
      expect(Number(structuredContent.stdout.trim().split('\n').at(-1))).toBeLessThanOrEqual(3 * 64 * 1024 * 1024),
  },
  {
    name: 'millions of empty files',
    code: () => 'import itertools\nfor number in itertools.count(): open(f"/tmp/{number}", "w").close()',
    more: { timeout_seconds: 20 },
    expect: fails('FILES_EXCEEDED'),
  },
  {
    name: 'deep recursion',
    code: () => 'def f(n): return f(n + 1)\nf(0)',
    expect: (result) => {
      expect(result.structuredContent.error?.type).toBe('RecursionError');
      expect(result.structuredContent.error!.traceback!.length).toBeLessThan(20_000);
    },
  },
  {
    name: 'unbounded recursion',
    code: () => 'import sys\nsys.setrecursionlimit(10**9)\nclass A:\n    def __repr__(self): return repr(self)\nA()',
    expect: (result) =>
      expect(['CRASHED', 'MEMORY_EXCEEDED', 'PYTHON_ERROR']).toContain(result.structuredContent.error?.code),
  },
  {
    name: 'huge value',
    code: () => '"x" * 50_000_000',
    expect: (result) => {
      expect(result.isError).toBeFalsy();
      expect(result.structuredContent.value!.length).toBeLessThan(300_000);
    },
  },
  {
    name: 'decompression bomb',
    code: () =>
      'import zlib\ndata = zlib.compress(bytes(100_000_000))\nfor _ in range(50): data = zlib.decompress(data) * 40',
    expect: (result) => expect(result.isError).toBe(true),
  },
];

attackWith('its resources', host, attacks, () => {
  it('freezes what a session leaves running between its calls', async () => {
    const burn =
      'import os, threading\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()\nprint("burning")';
    expect((await host.server.run(burn, { session_id: 'burn' })).structuredContent.stdout).toBe('burning\n');
    const used = () => host.server.leftovers().reduce((sum, pid) => sum + processorTicks(pid), 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = used();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(used() - before).toBeLessThanOrEqual(1);
    expect(host.server.leftovers().length).toBeGreaterThan(4);
    await host.server.call('python_session_close', { session_id: 'burn' });
    await host.server.allGone();
  });
});

function processorTicks(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
