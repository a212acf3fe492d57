import { describe, expect, it } from 'vitest';
import { openRegistry, spec, told, tool } from './open-registry.ts';

describe('changes', () => {
  it('are visible at once, told afterwards in order, and share a version within a turn', async () => {
    const { registry, changes } = await openRegistry();
    const before = registry.snapshot;
    registry.register(spec('b'));
    registry.register(spec('a'));
    registry.setTools('a', [tool('one'), tool('two')], { name: 'a', version: '1' });
    expect(before.servers.size).toBe(0);
    expect([...registry.snapshot.tools.keys()]).toEqual(['a/one', 'a/two']);
    expect([...registry.snapshot.servers.keys()]).toEqual(['a', 'b']);
    expect(changes).toEqual([]);
    await told();
    expect(changes.map((change) => [change.type, change.server, change.tools])).toEqual([
      ['tool_installed', 'b', []],
      ['tool_installed', 'a', []],
      ['tool_installed', 'a', ['a/one', 'a/two']],
    ]);
    expect(new Set(changes.map((change) => change.version))).toEqual(new Set([before.version + 1]));
  });

  it('tell which tools came, changed and went; the others stay the same objects', async () => {
    const { registry, changes } = await openRegistry();
    registry.register(spec('a'));
    registry.setTools('a', [tool('stays'), tool('changes'), tool('goes')], {});
    await told();
    const stays = registry.resolve('a/stays');
    changes.length = 0;
    registry.setTools('a', [tool('stays'), { ...tool('changes'), description: 'new' }, tool('comes')], {});
    await told();
    expect(registry.resolve('a/stays')).toBe(stays);
    expect(changes.map((change) => [change.type, change.tools])).toEqual([
      ['tool_uninstalled', ['a/goes']],
      ['tool_installed', ['a/comes']],
      ['tool_updated', ['a/changes']],
    ]);
  });

  it('are none when an equal server or an equal tool list comes again', async () => {
    const { registry, changes } = await openRegistry();
    registry.register(spec('a'));
    registry.setTools('a', [tool('one')], { name: 'a' });
    await told();
    const { snapshot } = registry;
    changes.length = 0;
    registry.register(spec('a'));
    registry.setTools('a', [tool('one')], { name: 'a' });
    registry.setHealth('a', { state: 'known', settled: false });
    await told();
    expect(registry.snapshot).toBe(snapshot);
    expect(changes).toEqual([]);
  });

  it('of an equal registration: its undo ends it, and that of the one before no longer does', async () => {
    const { registry } = await openRegistry();
    const undoFirst = registry.register(spec('a'));
    const undoSecond = registry.register(spec('a'));
    undoFirst();
    expect(registry.snapshot.servers.has('a')).toBe(true);
    undoSecond();
    expect(registry.snapshot.servers.has('a')).toBe(false);
  });

  it('of health keep the tools and their descriptions', async () => {
    const { registry, changes } = await openRegistry();
    registry.register(spec('a'));
    registry.setTools('a', [tool('one')], {});
    await told();
    const { tools, version } = registry.snapshot;
    changes.length = 0;
    registry.setHealth('a', { state: 'failed', error: 'exit 1', settled: true });
    await told();
    expect(changes).toMatchObject([{ type: 'server_health', server: 'a', version: version + 1 }]);
    expect(registry.snapshot.tools).toBe(tools);
    expect(registry.server('a').health).toMatchObject({ state: 'failed', error: 'exit 1', settled: true });
  });

  it('replace a server of the same owner, and tell that it is reached in another way', async () => {
    const { registry, changes } = await openRegistry();
    const undoFirst = registry.register(spec('a', { manifest: [tool('one')] }));
    await told();
    changes.length = 0;
    const other = spec('a', { manifest: [tool('one')], launches: [{ kind: 'unix', path: '/run/a' }] });
    const undo = registry.register(other);
    await told();
    expect(changes).toMatchObject([{ type: 'tool_updated', tools: ['a/one'] }]);
    undoFirst();
    expect(registry.server('a').spec).toEqual(other);
    undo();
    undo();
    expect(registry.snapshot.tools.size).toBe(0);
  });

  it('reach every listener although one throws, and none after its undo', async () => {
    const { registry, changes, lines } = await openRegistry();
    registry.onChange(() => {
      throw new Error('deaf');
    });
    const later: string[] = [];
    const undo = registry.onChange((change) => void later.push(change.server));
    registry.register(spec('a'));
    await told();
    undo();
    registry.register(spec('b'));
    await told();
    expect(changes.map((change) => change.server)).toEqual(['a', 'b']);
    expect(later).toEqual(['a']);
    expect(lines.filter((line) => line.level === 'error')).toHaveLength(2);
  });

  it('keep the first of two tools with one name, and say so', async () => {
    const { registry, lines } = await openRegistry();
    registry.register(spec('a'));
    registry.setTools('a', [tool('one'), { ...tool('one'), description: 'second' }, { inputSchema: {} } as never], {});
    expect(registry.server('a').tools.map((one) => one.definition.description)).toEqual(['does one']);
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(2);
  });

  it('apply toolkits and additions of the configuration, and leave the definition as it was sent', async () => {
    const { registry } = await openRegistry({
      config: {
        toolkits: { files: { tools: ['a'] }, special: { tools: ['a/two'] } },
        tools: { 'a/one': { description: 'better', capabilities: ['x'], examples: [{ parameters: { p: 1 } }] } },
      },
    });
    registry.register(spec('a', { toolkit: 'own', capabilities: ['base'] }));
    registry.setTools('a', [tool('one'), tool('two')], {});
    expect(registry.resolve('a/one')).toMatchObject({
      toolkit: 'files',
      description: 'better',
      capabilities: ['base', 'x'],
      examples: [{ parameters: { p: 1 } }],
      definition: { description: 'does one' },
    });
    expect([...registry.snapshot.toolkits]).toEqual([
      ['files', ['a/one']],
      ['special', ['a/two']],
    ]);
  });

  it('keep the tools of a replaced launch until the new one lists its own, or fails', async () => {
    const { registry } = await openRegistry();
    const launch = (file: string) => ({
      launches: [{ kind: 'stdio' as const, command: 'node', args: [file], env: {} }],
    });
    const ids = () => [...registry.snapshot.tools.keys()];
    registry.register(spec('a', launch('1')));
    registry.setTools('a', [tool('one'), tool('both')], { version: '1' });
    const kept = registry.resolve('a/both');
    registry.register(spec('a', launch('2')));
    expect(ids()).toEqual(['a/one', 'a/both']);
    expect(registry.resolve('a/both')).toBe(kept);
    registry.setTools('a', [tool('both'), tool('two')], { version: '2' });
    expect(ids()).toEqual(['a/both', 'a/two']);
    // What the second launch told is kept: it is a fact, and stays when the server fails.
    registry.register(spec('a', launch('1')));
    registry.register(spec('a', launch('2')));
    registry.setHealth('a', { state: 'failed', error: 'x', settled: true });
    expect(ids()).toEqual(['a/both', 'a/two']);
    registry.register(spec('a', launch('3')));
    registry.setHealth('a', { state: 'starting', settled: true });
    expect(ids()).toEqual(['a/both', 'a/two']);
    registry.setHealth('a', { state: 'failed', error: 'x', settled: true });
    expect(ids()).toEqual([]);
    expect(registry.server('a').health.state).toBe('failed');
  });
});
