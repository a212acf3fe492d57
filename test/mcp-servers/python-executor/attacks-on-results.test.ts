import { expect } from 'vitest';
import { type Attack, AttackedHost, attackWith, fails, SECRET } from './attacked-host.ts';

const host = new AttackedHost();

const attacks: Attack[] = [
  {
    name: 'return host files through symbolic links',
    code: () =>
      `import os\nos.symlink(${JSON.stringify(host.secretFile)}, "link.txt")\nos.symlink("/etc/passwd", "passwd.png")\nos.symlink("/", "root")\nos.symlink("/proc/1/environ", "environ")\nprint("linked")`,
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
      `import os, threading, itertools\nopen("race", "w").write("mine")\ndef swap():\n    for _ in itertools.count():\n        try: os.symlink(${JSON.stringify(host.secretFile)}, "next"); os.rename("next", "race"); open("other", "w").write("mine"); os.rename("other", "race")\n        except OSError: pass\nthreading.Thread(target=swap, daemon=True).start()\n__import__("time").sleep(0.2)`,
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
];

attackWith('what it hands back', host, attacks);
