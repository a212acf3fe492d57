import { spawnSync } from 'node:child_process';
import { find, type Source } from './files.ts';

const HERE = import.meta.dirname;
const LIMIT_MS = 5_000;

const run = (command: string, args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(command, args, {
    cwd: HERE,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 8 * 1024 * 1024,
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', COLUMNS: '200', HOME: '/nonexistent' },
  });
  return (stdout ?? '') + (stderr ?? '');
};

const COMMANDS = [
  'ls -l /usr/bin',
  'ls -la /etc',
  'ls -lR /usr/lib/python3',
  'ps aux',
  'ps -ef --forest',
  'df -h',
  'dpkg -l',
  'dpkg -L coreutils',
  'dpkg -s bash libc6 coreutils',
  'stat /etc /usr /var /tmp /etc/passwd /etc/group /bin/sh /usr/bin/env',
  'du -a /usr/share/doc/bash /usr/share/perl5',
  'git log -n 60 --stat',
  'git log -n 120 --oneline',
  'git log -n 30',
  'git status',
  'git ls-files -s',
  'wc -l /etc/services /etc/protocols /etc/bash.bashrc',
  'cat /proc/meminfo /proc/cpuinfo',
  'cat /proc/self/maps',
  'cat /etc/services',
  'node --v8-options',
  'node --help',
  'git help -a',
  'tar --help',
  'ls --help',
  'grep --help',
  'find /usr/share/perl5 -name *.pm -ls',
  'grep -rn import /usr/lib/python3 --include=*.py',
  'mount',
  'locale -a -v',
  'python3 -m pip --help',
  'od -A x -t x1z /bin/true',
];

let outputs: Source[] | undefined;

/** What commands really print here. */
export function commandOutput(): Source[] {
  outputs ??= COMMANDS.map((line) => {
    const [command, ...args] = line.split(' ');
    return { name: `command/${line}`, text: run(command!, args).slice(0, 200_000) };
  }).filter(({ text }) => text.length >= 300);
  return outputs;
}

/** The same as a tool of an MCP server answers it. */
export function* toolEnvelopes(): Generator<Source> {
  for (const { name, text } of commandOutput())
    yield {
      name: `envelope/${name}`,
      text: Array.from({ length: 12 }, (_, i) => text.slice(i * 900, (i + 1) * 900))
        .filter((piece) => piece !== '')
        .map((piece, i) =>
          JSON.stringify({
            jsonrpc: '2.0',
            id: i + 1,
            result: { content: [{ type: 'text', text: piece }], isError: false },
          }),
        )
        .join('\n'),
    };
}

/** Files of one name in different versions, and what was committed here. */
export function* diffs(roots: readonly string[]): Generator<Source> {
  yield { name: 'diff/commits', text: run('git', ['log', '-p', '-n', '12', '--', '*.ts', '*.md']) };
  const before = new Map<string, string>();
  let count = 0;
  for (const file of find(roots, /\.(?:js|ts|md|json)$/, { maxBytes: 40_000 })) {
    const key = file.split('node_modules/').at(-1)!;
    const other = before.get(key);
    before.set(key, file);
    if (other === undefined) continue;
    const text = run('git', ['diff', '--no-index', other, file]).replaceAll(/(?<= [ab])\/\S*?(?=\/node_modules)/g, '');
    if (text.length < 600) continue;
    yield { name: `diff/${key}`, text };
    if (++count === 60) return;
  }
}

const PYTHON = `
import traceback, json, importlib, sys
for name in sys.argv[1].split(','):
    try:
        module = importlib.import_module(name)
        for attribute in sorted(dir(module)):
            member = getattr(module, attribute)
            if callable(member) and not attribute.startswith('_') and attribute[0].islower() and attribute not in ('main', 'test', 'exit', 'interact', 'input', 'breakpoint'):
                try:
                    member(object())
                except Exception:
                    traceback.print_exc(file=sys.stdout)
    except Exception:
        traceback.print_exc(file=sys.stdout)
`;

/** Stack traces of Python's library and of Node's, each called with what it does not take. */
export function* tracebacks(): Generator<Source> {
  const modules = [
    'json',
    'textwrap',
    'datetime',
    'fractions',
    'statistics',
    'ast',
    'shlex',
    'copy',
    'base64',
    'zlib',
    'struct',
    'configparser',
    'calendar',
    'difflib',
    'ipaddress',
    'urllib.parse',
    'email',
    'html',
    'string',
    'tokenize',
    'locale',
    'gettext',
    'colorsys',
    'bisect',
    'binascii',
    'posixpath',
    'fnmatch',
    'glob',
    'random',
    'uuid',
  ];
  for (const name of modules) yield lazy(`traceback/python-${name}`, () => run('python3', ['-c', PYTHON, name]));
  for (const name of [
    'fs',
    'path',
    'url',
    'util',
    'zlib',
    'crypto',
    'buffer',
    'net',
    'dns',
    'vm',
    'querystring',
    'string_decoder',
  ])
    yield lazy(`traceback/node-${name}`, () => nodeTraces(name));
}

/** Half of the sources are not asked for their text. */
function lazy(name: string, text: () => string): Source {
  return {
    name,
    get text() {
      return text();
    },
  };
}

function nodeTraces(name: string): string {
  const code = `const m=require(${JSON.stringify(name)});for(const k of Object.keys(m).filter(k=>typeof m[k]==='function'&&/^[a-z]/.test(k)&&!/exit|watch|^rm|unlink|write|lookup|listen|connect/i.test(k))){try{m[k](Symbol.iterator,{},[])}catch(e){console.log(e.stack)}}process.exit()`;
  return run('node', ['-e', code]);
}
