import { homedir } from 'node:os';
import { expect } from 'vitest';
import { type Attack, AttackedHost, attackWith, attempt, LIBC, nothingDone, SECRET, syscall } from './attacked-host.ts';

const host = new AttackedHost();
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
        ...[homedir(), host.folder, process.cwd(), '/root', '/home', '/var', '/opt', '/mnt'].map(
          (path) => `os.listdir(${JSON.stringify(path)})`,
        ),
        `open(${JSON.stringify(host.secretFile)}).read()`,
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
        `__import__("socket").create_connection(("127.0.0.1", ${host.port}), 2)`,
        `__import__("socket").create_connection(("::1", ${host.port}), 2)`,
        `__import__("urllib.request").request.urlopen("http://127.0.0.1:${host.port}/")`,
      ),
    expect: (result) => {
      nothingDone(result);
      expect(host.connections).toBe(0);
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
    code: () => attempt(`__import__("socket").socket(1, 1).connect("\\0${host.abstractName}")`),
    expect: nothingDone,
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
];

attackWith('the host', host, attacks);
