import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonServer, type Result, sandboxMissing } from './python-server.ts';

const SECRET = 'planted-secret-7f3a91';
const folder = mkdtempSync(join(tmpdir(), 'attack-host-'));
const secretFile = join(folder, 'secret.txt');
let server: PythonServer;
let listener: Server;
let abstract: Server;
let connections = 0;
let port = 0;

type Attack = {
  name: string;
  code: () => string;
  more?: Record<string, unknown>;
  expect: (result: Result) => void;
};

/** Python that tries each step and prints what came of it, so that one failure does not hide the next. */
const attempt = (...steps: string[]) =>
  [
    'import os, sys, ctypes',
    'def attempt(name, step):',
    '    try: print(name, "DONE", repr(step()))',
    '    except BaseException as error: print(name, type(error).__name__, error)',
    ...steps.map((step, index) => `attempt("step${index}", lambda: ${step})`),
  ].join('\n');

const nothingDone = ({ structuredContent }: Result) => {
  expect(structuredContent.stdout).toContain('step0');
  expect(structuredContent.stdout).not.toContain('DONE');
};
const fails = (code: string) => (result: Result) => {
  expect(result.isError).toBe(true);
  expect(result.structuredContent.error?.code).toBe(code);
};
const LIBC = 'ctypes.CDLL(None, use_errno=True)';
/** A raw system call, or an exception where the kernel refuses. */
const syscall = (...args: (number | string)[]) =>
  `(lambda r: r if r != -1 else (_ for _ in ()).throw(OSError(ctypes.get_errno(), "refused")))(${LIBC}.syscall(${args.join(', ')}))`;
const linuxX64 = process.arch === 'x64';

const attacks: Attack[] = [
  {
    name: 'read the password hashes',
    code: () => attempt('open("/etc/shadow").read()', 'open("/etc/passwd").read()'),
    expect: nothingDone,
  },
  {
    name: 'read the host home, temp and repository',
    code: () =>
      attempt(
        ...[homedir(), folder, process.cwd(), '/root', '/home', '/var', '/opt', '/mnt'].map(
          (path) => `os.listdir(${JSON.stringify(path)})`,
        ),
        `open(${JSON.stringify(secretFile)}).read()`,
      ),
    expect: nothingDone,
  },
  {
    name: 'write outside the work folder',
    code: () =>
      attempt(
        'open("/escape", "w")',
        'open("/etc/escape", "w")',
        'open("/usr/lib/escape", "w")',
        'open("/dev/escape", "w")',
        'os.mkdir("/escape")',
        'os.remove(sys.executable)',
        'os.chmod("/", 0o777)',
      ),
    expect: nothingDone,
  },
  {
    name: 'find secrets of the server environment',
    code: () =>
      'import os, glob\nfound = repr(dict(os.environ))\nfor file in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):\n    try: found += open(file, "rb").read().decode("latin1")\n    except OSError: pass\nprint(len(found))\nprint(found)',
    expect: (result) => {
      expect(result.structuredContent.stdout.length).toBeGreaterThan(100);
      expect(JSON.stringify(result)).not.toContain(SECRET);
    },
  },
  {
    name: 'connect to a service on the host loopback',
    code: () =>
      attempt(
        `__import__("socket").create_connection(("127.0.0.1", ${port}), 2)`,
        `__import__("socket").create_connection(("::1", ${port}), 2)`,
        `__import__("urllib.request").request.urlopen("http://127.0.0.1:${port}/")`,
      ),
    expect: (result) => {
      nothingDone(result);
      expect(connections).toBe(0);
    },
  },
  {
    name: 'connect to the outside',
    code: () =>
      attempt(
        '__import__("socket").create_connection(("1.1.1.1", 53), 2)',
        '__import__("socket").create_connection(("169.254.169.254", 80), 2)',
        '__import__("socket").socket(2, 2).sendto(b"x", ("8.8.8.8", 53))',
      ),
    expect: nothingDone,
  },
  {
    name: 'resolve a name',
    code: () =>
      attempt(
        '__import__("socket").getaddrinfo("example.com", 80)',
        '__import__("socket").gethostbyname("localhost.example")',
      ),
    expect: nothingDone,
  },
  {
    name: 'open sockets that no network namespace contains',
    code: () =>
      attempt(
        '__import__("socket").socket(40, 1)',
        '__import__("socket").socket(17, 3)',
        '__import__("socket").socket(38, 5)',
        '__import__("socket").socket(2, 3, 1)',
      ),
    expect: nothingDone,
  },
  {
    name: 'reach an abstract socket of the host',
    code: () => attempt(`__import__("socket").socket(1, 1).connect("\\0${SECRET}")`),
    expect: nothingDone,
  },
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
      expect(result.structuredContent.stdout.length).toBeLessThanOrEqual(server.mark);
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
      `import subprocess, sys\nchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "${server.mark}"], start_new_session=True)\nprint(child.pid > 1)`,
    expect: ({ structuredContent }) => expect(structuredContent.stdout).toBe('True\n'),
  },
  {
    name: 'signal process 1, the parent and everybody',
    code: () =>
      'import os, signal\nfor target in (1, os.getppid(), -1):\n    for number in (9, 15, 19, 2, 11, 6, 17):\n        try: os.kill(target, number)\n        except OSError: pass\nprint("alive")',
    expect: (result) => {
      expect(result.isError).toBeFalsy();
      expect(result.structuredContent.stdout).toBe('alive\n');
    },
  },
  {
    name: 'trace the supervisor or write its memory',
    code: () =>
      attempt(
        `(lambda r: r if r == 0 else (_ for _ in ()).throw(OSError(ctypes.get_errno(), "refused")))(${LIBC}.ptrace(16, 1, 0, 0))`,
        'open("/proc/1/mem", "r+b")',
        'open("/proc/1/environ", "rb").read()',
        'os.listdir("/proc/1/fd")',
        'os.readlink("/proc/1/exe")',
        ...(linuxX64 ? [syscall(310, 1, 0, 0, 0, 0, 0), syscall(438, 0, 1, 0)] : []),
      ),
    expect: nothingDone,
  },
  {
    name: 'look at other processes',
    code: () =>
      'import os\nprint(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()) == sorted({1, os.getpid()}))',
    expect: ({ structuredContent }) => expect(structuredContent.stdout).toBe('True\n'),
  },
  {
    name: 'mount',
    code: () =>
      attempt(
        `(lambda r: r if r == 0 else (_ for _ in ()).throw(OSError(ctypes.get_errno(), "refused")))(${LIBC}.mount(b"none", b"/tmp", b"tmpfs", 0, None))`,
        ...(linuxX64 ? [syscall(429, 0, 0, 0, 0, 0), syscall(430, 'b"tmpfs"', 0), syscall(166, 'b"/tmp"', 2)] : []),
      ),
    expect: nothingDone,
  },
  {
    name: 'chroot out',
    code: () =>
      attempt(
        'os.mkdir("jail") or os.chroot("jail")',
        'os.chroot("/")',
        'open("../" * 30 + "etc/shadow").read()',
        'os.fchdir(os.open("/proc/1/root", 0))',
        'os.listdir("/proc/1/root")',
      ),
    expect: nothingDone,
  },
  {
    name: 'make namespaces of its own, or another bubblewrap',
    code: () =>
      attempt(
        `(lambda r: r if r == 0 else (_ for _ in ()).throw(OSError(ctypes.get_errno(), "refused")))(${LIBC}.unshare(0x10000000))`,
        '__import__("subprocess").run(["bwrap", "--unshare-all", "--bind", "/", "/", "true"])',
        '__import__("subprocess").run(["/bin/sh", "-c", "id"])',
        ...(linuxX64 ? [syscall(56, '0x10000000 | 17', 0, 0, 0, 0), syscall(435, 0, 0), syscall(308, 0, 0)] : []),
      ),
    expect: nothingDone,
  },
  {
    name: 'load kernel modules and other privileged calls',
    code: () =>
      attempt(
        ...(linuxX64
          ? [
              syscall(175, 0, 0, 'b""'),
              syscall(313, 0, 'b""', 0),
              syscall(246, 0, 0, 0, 0),
              syscall(321, 0, 0, 0),
              syscall(298, 0, 0, 0, 0, 0),
              syscall(425, 1, 0),
              syscall(323, 0),
              syscall(250, 0, 0),
              syscall(319, 'b"x"', 0),
            ]
          : []),
        'os.setuid(0)',
        'os.mknod("device", 0o060666, os.makedev(8, 0))',
        'open("/proc/sys/kernel/core_pattern", "w")',
        'open("/proc/sysrq-trigger", "w")',
        'open("/dev/kmsg").read(1)',
        'open("/dev/mem", "rb").read(1)',
      ),
    expect: nothingDone,
  },
  {
    name: 'raise its own limits, or lower those of the supervisor',
    code: () =>
      attempt(
        '__import__("resource").setrlimit(9, (-1, -1))',
        '__import__("resource").setrlimit(6, (100000, 100000))',
        '__import__("resource").prlimit(1, 7, (0, 0))',
      ),
    expect: nothingDone,
  },
  {
    name: 'return host files through symbolic links',
    code: () =>
      `import os\nos.symlink(${JSON.stringify(secretFile)}, "link.txt")\nos.symlink("/etc/passwd", "passwd.png")\nos.symlink("/", "root")\nos.symlink("/proc/1/environ", "environ")\nprint("linked")`,
    expect: (result) => {
      expect(result.structuredContent.artifacts).toEqual([]);
      expect(result.structuredContent.artifacts_skipped.map(({ path }) => path).sort()).toEqual([
        'environ',
        'link.txt',
        'passwd.png',
        'root',
      ]);
      expect(JSON.stringify(result)).not.toContain(SECRET);
      expect(JSON.stringify(result)).not.toContain('root:x:0');
    },
  },
  {
    name: 'swap a returned file for a link while it is read',
    code: () =>
      `import os, threading, itertools\nopen("race", "w").write("mine")\ndef swap():\n    for _ in itertools.count():\n        try: os.symlink(${JSON.stringify(secretFile)}, "next"); os.rename("next", "race"); open("other", "w").write("mine"); os.rename("other", "race")\n        except OSError: pass\nthreading.Thread(target=swap, daemon=True).start()\n__import__("time").sleep(0.2)`,
    expect: (result) => expect(JSON.stringify(result)).not.toContain(SECRET),
  },
  {
    name: 'put input files outside the work folder',
    code: () => 'print("never")',
    more: {
      files: [
        { path: '../escape', content: 'x' },
        { path: '/etc/escape', content: 'x' },
        { path: 'a/../../b', content: 'x' },
      ],
    },
    expect: (result) => {
      fails('BAD_INPUT')(result);
      expect(result.structuredContent.error?.message).toMatch(/files\.0\.path.*files\.1\.path.*files\.2\.path/s);
    },
  },
  {
    name: 'give artifacts names that leave the folder',
    code: () =>
      'import os\nos.makedirs("a/b")\nopen("a/b/..\\\\..\\\\evil.txt", "w").write("x")\nopen("new\\nline", "w").write("y")\nopen(b"\\xff\\xfe", "w").write("z")',
    expect: ({ structuredContent }) => {
      expect(structuredContent.artifacts).toHaveLength(3);
      for (const { uri } of structuredContent.artifacts) expect(uri).toMatch(/^artifact:\/\/\/[^\s]*$/);
      for (const { path } of structuredContent.artifacts) expect(path.split('/')).not.toContain('..');
    },
  },
  {
    name: 'return a pipe or a socket as a file',
    code: () => 'import os, socket\nos.mkfifo("fifo")\nsocket.socket(1, 1).bind("socket")\nprint("made")',
    expect: ({ structuredContent }) => {
      expect(structuredContent.stdout).toBe('made\n');
      expect(structuredContent.artifacts).toEqual([]);
      expect(structuredContent.artifacts_skipped).toHaveLength(2);
    },
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
    name: 'read the channel of the supervisor through stdin',
    code: () =>
      'import os, sys\nprint(repr(sys.stdin.read()), os.read(0, 10))\nos.close(0)\nprint([name for name in os.listdir("/proc/self/fd") if int(name) > 2 and int(name) < 100])',
    expect: ({ structuredContent }) => expect(structuredContent.stdout).toMatch(/^'' b''\n/),
  },
  {
    name: 'forge result frames on stdout',
    code: () =>
      'import os, struct, json\nforged = json.dumps({"result": {"value": "forged"}, "elapsed_ms": 1}).encode()\nframe = struct.pack(">cI", b"d", len(forged)) + forged\nos.write(1, frame); os.write(2, frame)\nprint("real")\n"honest"',
    expect: ({ structuredContent }) => {
      expect(structuredContent.value).toBe("'honest'");
      expect(structuredContent.stdout).toContain('real\n');
    },
  },
  {
    name: 'write garbage into every open file',
    code: () =>
      'import os\nfor number in range(3, 256):\n    try: os.write(number, b"\\xff" * 5000)\n    except OSError: pass\n1',
    expect: (result) => expect(['RESULT_DAMAGED', undefined]).toContain(result.structuredContent.error?.code),
  },
  {
    name: 'close every file',
    code: () => 'import os\nos.closerange(0, 300)\n1',
    expect: (result) => expect(result.isError).toBe(true),
  },
  {
    name: 'sys.exit',
    code: () => 'import sys\nprint("a")\nsys.exit(7)',
    expect: (result) => {
      fails('EXITED')(result);
      expect(result.structuredContent).toMatchObject({ exit_code: 7, stdout: 'a\n' });
    },
  },
  {
    name: 'os._exit',
    code: () => 'import os\nprint("a", flush=True)\nopen("kept.txt", "w").write("b")\nos._exit(9)',
    expect: (result) => {
      fails('EXITED')(result);
      expect(result.structuredContent).toMatchObject({
        exit_code: 9,
        stdout: 'a\n',
        artifacts: [{ path: 'kept.txt' }],
      });
    },
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
    name: 'segmentation fault',
    code: () => 'import ctypes\nprint("before", flush=True)\nctypes.string_at(0)',
    expect: (result) => {
      fails('CRASHED')(result);
      expect(result.structuredContent.error?.message).toContain('SIGSEGV');
      expect(result.structuredContent.stdout).toBe('before\n');
    },
  },
  {
    name: 'hostile error object',
    code: () => 'class Bad(Exception):\n    def __str__(self): raise SystemExit(1)\n    __repr__ = __str__\nraise Bad',
    expect: fails('PYTHON_ERROR'),
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

describe.skipIf(sandboxMissing)('attacks on CPython in its sandbox', () => {
  beforeAll(async () => {
    writeFileSync(secretFile, SECRET);
    listener = createServer((socket) => {
      connections++;
      socket.end();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    port = (listener.address() as { port: number }).port;
    abstract = createServer((socket) => {
      connections++;
      socket.end();
    });
    await new Promise<void>((resolve) => abstract.listen(`\0${SECRET}`, resolve));
    server = await new PythonServer([], { API_TOKEN: SECRET, AWS_SECRET_ACCESS_KEY: SECRET }).connect();
  });

  afterAll(async () => {
    await server.close();
    for (const each of [listener, abstract]) await new Promise((resolve) => each.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it.each(attacks)('$name', async (attack) => {
    const result = await server.run(attack.code(), attack.more);
    attack.expect(result);
    await server.allGone();
    const next = await server.run('6 * 7');
    expect(next.structuredContent.value_json).toBe(42);
  });

  it('freezes what a session leaves running between its calls', async () => {
    const burn =
      'import os, threading\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()\nprint("burning")';
    expect((await server.run(burn, { session_id: 'burn' })).structuredContent.stdout).toBe('burning\n');
    const used = () => server.leftovers().reduce((sum, pid) => sum + processorTicks(pid), 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = used();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(used() - before).toBeLessThanOrEqual(1);
    expect(server.leftovers().length).toBeGreaterThan(4);
    await server.call('python_session_close', { session_id: 'burn' });
    await server.allGone();
  });

  it('leaves nothing of an attack on the host', () => {
    expect(readFileSync(secretFile, 'utf8')).toBe(SECRET);
    expect(readdirSync(folder)).toEqual(['secret.txt']);
    expect(readdirSync('/').filter((name) => name.includes('escape'))).toEqual([]);
    expect(connections).toBe(0);
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
