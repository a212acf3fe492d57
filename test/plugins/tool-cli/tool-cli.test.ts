import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCommand } from '../../../plugins/tool-cli/command-line.ts';
import { KERNEL_BIN, PROJECT_NODE } from '../../support/boot-kernel.ts';
import { freshDir } from '../tool-registry/open-registry.ts';

const FIXTURES = resolve('test/fixtures/plugins');

/** `kernel start pipelines/tools.yaml` with the hello plugin beside it, in a process of its own. */
async function tools(args: readonly string[], stdin = '', mcpServers: object = {}) {
  const dir = await freshDir();
  const pipeline = join(dir, 'tools.yaml');
  const plugins = { 'hello-tool': {}, 'bundled-servers': 'off' };
  const include = [resolve('pipelines/tools.yaml')];
  await writeFile(pipeline, JSON.stringify({ kernel: 1, include, dirs: [FIXTURES], plugins }));
  await writeFile(join(dir, 'mcp.json'), JSON.stringify({ mcpServers }));
  const env = { ...process.env, DATA_DIR: join(dir, 'data'), MCP_CONFIG: join(dir, 'mcp.json'), LOG_LEVEL: 'error' };
  const child = spawn(PROJECT_NODE, [KERNEL_BIN, 'start', '--no-watch', pipeline, '--', ...args], { env });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  child.stdin.end(stdin);
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, ...said };
}

describe('the command line', () => {
  it.each<[string, string[], number, RegExp | string, RegExp | string]>([
    ['lists', ['list'], 0, 'hello-tool/hello  Greets somebody by name.\n', ''],
    [
      'lists for models',
      ['list', '--format', 'openai'],
      0,
      /^\[\{"type":"function","function":\{"name":"hello-tool__hello"/,
      '',
    ],
    ['calls', ['call', 'hello-tool/hello', 'name=Ada'], 0, 'hello Ada\n', ''],
    ['keeps text text', ['call', 'HelloTool', 'name=42'], 0, 'hello 42\n', ''],
    ['calls with JSON', ['call', 'hello', '--json', '{"name":"Ada"}', '--raw'], 0, /^\{.*"hello Ada".*\}\n$/, ''],
    ['reads JSON', ['call', 'hello', '--json', '-'], 0, 'hello Bob\n', ''],
    ['describes', ['describe', 'hello'], 0, /"id": "hello-tool\/hello"[\s\S]*"capabilities": \[\n {4}"greeting"/, ''],
    ['explains itself', ['--help'], 0, /^usage: /, ''],
    ['refuses a wrong tool', ['call', 'helo'], 3, '', /^TOOL_UNKNOWN: .*\nthere is: hello-tool\/hello\nhint: /],
    ['refuses wrong arguments', ['call', 'hello', 'nam=Ada'], 2, '', /ARGUMENTS_INVALID.*did you mean "name"/],
    [
      'refuses wrong words',
      ['cal', 'hello'],
      2,
      '',
      /^CLI_USAGE: there is no command "cal"\nthere is: list, describe, call/,
    ],
  ])('%s', async (_, args, code, out, err) => {
    const said = await tools(args, '{"name":"Bob"}');
    expect(said.err)[typeof err === 'string' ? 'toBe' : 'toMatch'](err as string);
    expect(said.out)[typeof out === 'string' ? 'toBe' : 'toMatch'](out as string);
    expect(said.code).toBe(code);
  });

  it('says that a server failed, and why, where its tools were never known', async () => {
    const args = ['-e', "console.error('no token in the environment'); process.exit(3)"];
    const said = await tools(['call', 'broken/add', 'a=1'], '', { broken: { command: process.execPath, args } });
    expect(said.err).toMatch(/^SERVER_UNAVAILABLE: .*no token in the environment/s);
    expect(said.code).toBe(4);
  });
});

describe('words', () => {
  let refused: (argv: string[]) => string;
  beforeAll(() => {
    refused = (argv) => {
      try {
        parseCommand(argv);
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing was refused';
    };
  });

  it('make a command', () => {
    expect(parseCommand([])).toEqual({ name: 'help' });
    expect(parseCommand(['call', 's', '--action=a', 'k=v=w', '--json={}'])).toEqual({
      name: 'call',
      tool: 's',
      action: 'a',
      json: '{}',
      pairs: [['k', 'v=w']],
      raw: false,
    });
  });

  it('or say why not', () => {
    expect(refused(['list', 'x'])).toContain('list takes no "x"');
    expect(refused(['list', '--format', 'xml'])).toContain('no format "xml"');
    expect(refused(['call'])).toContain('which tool');
    expect(refused(['call', 't', 'novalue'])).toContain('not KEY=VALUE');
    expect(refused(['call', 't', '--json'])).toContain('--json needs a value');
    expect(refused(['describe', 'a', 'b'])).toContain('one tool');
    expect(refused(['describe', 'a', '--raw'])).toContain('no option "--raw"');
  });
});
