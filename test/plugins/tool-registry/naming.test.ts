import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRegistry, spec, tool } from './open-registry.ts';

const SPELLINGS = [
  'python-executor',
  'python_executor',
  'Python Executor',
  'PythonExecutor',
  'pythonExecutor',
  'python_executor_server',
  'python-executor-mcp-server',
  'mcp-server-python-executor',
  'PYTHON-EXECUTOR-MCP',
  '@acme/server-python-executor',
  '@acme/python_executor',
];

describe('names of servers', () => {
  it('finds one server by all its spellings', async () => {
    const { registry } = await openRegistry();
    registry.register(spec('python-executor', { aliases: ['代码执行', 'py'] }));
    for (const name of [...SPELLINGS, '代码执行', 'PY']) expect(registry.server(name).id, name).toBe('python-executor');
  });

  it('names the nearest for a wrong one', async () => {
    const { registry } = await openRegistry();
    registry.register(spec('python-executor'));
    registry.register(spec('filesystem'));
    expect(() => registry.server('pyton-executor')).toThrow(
      expect.objectContaining({ code: 'SERVER_UNKNOWN', kind: 'not_found', alternatives: ['python-executor'] }),
    );
  });

  it('keeps an id canonical, and the name that was sent as its title', async () => {
    const { registry } = await openRegistry();
    registry.register(spec('My Server!'));
    expect(registry.server('my-server').spec).toMatchObject({ id: 'my-server', title: 'My Server!' });
  });

  it.each(['', '---', '文件', 'x'.repeat(65)])('refuses %j as an id', async (id) => {
    const { registry } = await openRegistry();
    expect(() => registry.register(spec(id))).toThrow(expect.objectContaining({ code: 'SERVER_ID_INVALID' }));
  });

  it.each(SPELLINGS)('refuses %s of another owner when it is taken, and names the owner', async (name) => {
    const { registry } = await openRegistry();
    registry.register(spec('python-executor', { owner: 'bundled-servers' }));
    expect(() => registry.register(spec(name, { owner: 'mcp.json' }))).toThrow(
      expect.objectContaining({ code: 'SERVER_TAKEN', message: expect.stringContaining('bundled-servers') }),
    );
    expect(registry.snapshot.servers.size).toBe(1);
  });

  it("refuses an alias that is another owner's server", async () => {
    const { registry } = await openRegistry();
    registry.register(spec('git', { owner: 'a' }));
    expect(() => registry.register(spec('vcs', { owner: 'b', aliases: ['Git-Server'] }))).toThrow(
      expect.objectContaining({ code: 'SERVER_TAKEN' }),
    );
  });

  it('lets one owner have two spellings, warns, and then asks for the exact one', async () => {
    const { registry, lines } = await openRegistry();
    registry.register(spec('git'));
    registry.register(spec('git-server'));
    expect(registry.server('git').id).toBe('git');
    expect(registry.server('git-server').id).toBe('git-server');
    expect(() => registry.server('mcp-git')).toThrow(
      expect.objectContaining({ code: 'SERVER_AMBIGUOUS', alternatives: ['git', 'git-server'] }),
    );
    expect(lines.some((line) => line.level === 'warn' && line.sentence.includes('share a spelling'))).toBe(true);
  });
});

describe('MCP names', () => {
  const server = fc.stringMatching(/^[a-z0-9]{1,10}(-[a-z0-9]{1,20}){0,3}$/).filter((id) => id.length <= 64);
  const names = fc.uniqueArray(
    fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_.-]{1,80}$/),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 }),
      fc.constantFrom('a.b', 'a_b', 'a/b', 'a b', '读文件', '写文件', 'x'.repeat(128), `${'x'.repeat(127)}y`),
    ),
    { minLength: 1, maxLength: 12 },
  );

  it('are legal, unique, found, and the same in every order and after every restart', async () => {
    const { registry } = await openRegistry();
    fc.assert(
      fc.property(fc.dictionary(server, names, { minKeys: 1, maxKeys: 4 }), (wanted) => {
        const seen = (order: string[], flip: boolean): Map<string, string> => {
          for (const id of order) {
            registry.register(spec(id));
            registry.setTools(
              id,
              (flip ? [...wanted[id]!].reverse() : wanted[id]!).map((name) => tool(name)),
              {},
            );
          }
          const { tools, byMcpName } = registry.snapshot;
          const found = new Map<string, string>();
          expect(byMcpName.size).toBe(tools.size);
          for (const one of tools.values()) {
            expect(one.mcpName).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
            expect(registry.resolve(one.mcpName).id).toBe(one.id);
            expect(registry.resolve(one.id)).toBe(byMcpName.get(one.mcpName));
            expect(registry.resolve(one.server, one.name).id).toBe(one.id);
            found.set(one.id, one.mcpName);
          }
          for (const id of order) registry.unregister(id);
          return found;
        };
        const ids = Object.keys(wanted);
        expect(seen([...ids].reverse(), true)).toEqual(seen(ids, false));
      }),
      { numRuns: 150 },
    );
  });

  it('are server__tool where that is legal', async () => {
    const { registry } = await openRegistry();
    registry.register(spec('fs'));
    registry.setTools('fs', [tool('read_file'), tool('read.file')], {});
    const [plain, dotted] = [...registry.snapshot.tools.values()];
    expect(plain!.mcpName).toBe('fs__read_file');
    expect(dotted!.mcpName).toMatch(/^fs__read_file_[0-9a-f]{10}$/);
  });

  it('stay unique when a tool is named like the hashed name of another', async () => {
    const { registry } = await openRegistry();
    registry.register(spec('fs'));
    registry.setTools('fs', [tool('a.b')], {});
    const hashed = [...registry.snapshot.byMcpName.keys()][0]!;
    registry.setTools('fs', [tool('a.b'), tool(hashed.slice('fs__'.length))], {});
    expect(registry.resolve(hashed).name).toBe(hashed.slice('fs__'.length));
    const other = registry.resolve('fs/a.b');
    expect(other.mcpName).not.toBe(hashed);
    expect(registry.resolve(other.mcpName)).toBe(other);
  });
});
