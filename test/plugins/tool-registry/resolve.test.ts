import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRegistry, spec, tool } from './open-registry.ts';

async function house() {
  const opened = await openRegistry();
  const { registry } = opened;
  registry.register(spec('python-executor', { mainTool: 'python_execute' }));
  registry.setTools('python-executor', [tool('python_execute'), tool('python_reset')], {});
  registry.register(spec('filesystem'));
  registry.setTools('filesystem', [tool('read_file'), tool('write_file'), tool('search')], {});
  registry.register(spec('memory'));
  registry.setTools('memory', [tool('search'), tool('nodes/open')], {});
  registry.register(spec('clock'));
  registry.setTools('clock', [tool('now')], {});
  registry.register(spec('silent'));
  return opened;
}

describe('resolve', () => {
  it.each([
    ['filesystem/read_file', undefined, 'filesystem/read_file'],
    ['filesystem__read_file', undefined, 'filesystem/read_file'],
    ['FileSystem-mcp/readFile', undefined, 'filesystem/read_file'],
    ['@modelcontextprotocol/server-filesystem/read_file', undefined, 'filesystem/read_file'],
    ['file_system__read_file', undefined, 'filesystem/read_file'],
    ['filesystem', 'write-file', 'filesystem/write_file'],
    ['python_executor_server', undefined, 'python-executor/python_execute'],
    ['python-executor-mcp-server', 'python_reset', 'python-executor/python_reset'],
    ['clock', undefined, 'clock/now'],
    ['read_file', undefined, 'filesystem/read_file'],
    ['readfile', undefined, 'filesystem/read_file'],
    ['memory/nodes/open', undefined, 'memory/nodes/open'],
    ['clock/now', 'now', 'clock/now'],
  ])('%s with action %s is %s', async (name, action, id) => {
    const { registry } = await house();
    expect(registry.resolve(name, action).id).toBe(id);
  });

  it.each([
    ['search', undefined, 'TOOL_AMBIGUOUS', ['filesystem/search', 'memory/search']],
    ['memory', undefined, 'TOOL_AMBIGUOUS', ['memory/search', 'memory/nodes/open']],
    ['clock/now', 'later', 'TOOL_AMBIGUOUS', ['clock/now', 'clock/later']],
    ['filesystem/reed_file', undefined, 'TOOL_UNKNOWN', ['filesystem/read_file']],
    ['filesystem', 'reed_file', 'TOOL_UNKNOWN', ['filesystem/read_file']],
    ['reed_file', undefined, 'TOOL_UNKNOWN', ['filesystem/read_file']],
    ['filesytem', 'read_file', 'SERVER_UNKNOWN', ['filesystem']],
    ['silent', undefined, 'TOOL_UNKNOWN', []],
    ['', undefined, 'TOOL_UNKNOWN', []],
  ])('%s with action %s is refused: %s', async (name, action, code, alternatives) => {
    const { registry } = await house();
    expect(() => registry.resolve(name, action)).toThrow(expect.objectContaining({ code, alternatives }));
  });

  it('answers anything at all with a tool or a fault, quickly', async () => {
    const { registry } = await house();
    registry.register(spec('many'));
    registry.setTools(
      'many',
      Array.from({ length: 20_000 }, (_, i) => tool(`tool_${i}`)),
      {},
    );
    registry.resolve('many/tool_7');
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.option(fc.string(), { nil: undefined }),
        (name, action) => {
          const begun = performance.now();
          try {
            expect(registry.resolve(name, action).id).toContain('/');
          } catch (error) {
            expect(error).toMatchObject({ name: 'Fault', code: expect.stringMatching(/^(TOOL|SERVER)_/) });
          }
          expect(performance.now() - begun).toBeLessThan(500);
        },
      ),
      { numRuns: 200 },
    );
  });
});
