import { readFile, rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { mcpJsonSchema } from '../../../plugins/mcp-config/entry-schema.ts';
import { told } from '../tool-registry/open-registry.ts';
import { openConfig } from './open-config.ts';

const servers = (...ids: string[]) => ({ mcpServers: Object.fromEntries(ids.map((id) => [id, { command: id }])) });

describe('the file', () => {
  it('may be missing, is read when it appears, and takes its servers along when it goes', async () => {
    const { ids, write, until, lines, plugin, mcpConfig, file } = await openConfig();
    expect(lines.map((line) => line.level)).toEqual(['info']);
    expect(mcpConfig.state).toMatchObject({ found: false, servers: [] });
    expect(plugin.health!().ok).toBe(true);
    await write(servers('a'));
    await until(() => expect(ids()).toEqual(['a']));
    await rm(file);
    await until(() => expect(ids()).toEqual([]));
  });

  it('may be in a folder that comes later', async () => {
    const { ids, write, until, makeFolder } = await openConfig(undefined, {}, 'later');
    await makeFolder();
    await write(servers('a'));
    await until(() => expect(ids()).toEqual(['a']));
  });

  it('is applied while running, and only servers that changed are touched', async () => {
    const { ids, write, until, registry, changes } = await openConfig(servers('a', 'b', 'c'));
    await told();
    const kept = registry.server('a');
    changes.length = 0;
    await write({ mcpServers: { a: { command: 'a' }, b: { command: 'b', args: ['new'] }, d: { command: 'd' } } });
    await until(() => expect(ids()).toEqual(['a', 'b', 'd']));
    await told();
    expect(registry.server('a')).toBe(kept);
    expect(changes.map((change) => [change.type, change.server])).toEqual([
      ['tool_updated', 'b'],
      ['tool_installed', 'd'],
      ['tool_uninstalled', 'c'],
    ]);
  });

  it('is applied once after many writes in a row, in whichever way they are made', async () => {
    const { ids, write, until } = await openConfig(servers('a'));
    for (let i = 0; i < 20; i++) await write(servers(`s${i}`), i % 2 === 0);
    await until(() => expect(ids()).toEqual(['s19']));
  });

  it.each([
    ['{ "mcpServers": { "a": ', /mcp\.json:1:\d+ not JSON/],
    ['', /the file is empty/],
    ['[]', /must hold an object/],
    ['{ "mcpServer": {} }', /no key "mcpServer" \(did you mean "mcpServers"\?\)/],
    ['{ "mcpServers": [] }', /"mcpServers" must be an object/],
  ])('keeps the servers that it had while it is broken: %s', async (broken, message) => {
    const { ids, write, until, plugin, mcpConfig, lines } = await openConfig(servers('a'));
    await write(broken);
    await until(() => expect(mcpConfig.state.error).toMatch(message));
    expect(ids()).toEqual(['a']);
    expect(plugin.health!()).toMatchObject({ ok: false, detail: { error: expect.stringMatching(message) } });
    expect(lines.filter((line) => line.level === 'error')).toHaveLength(1);
    await write(servers('a', 'b'));
    await until(() => expect(ids()).toEqual(['a', 'b']));
    expect(plugin.health!().ok).toBe(true);
  });

  it('keeps a running server by its last good entry while its new one is wrong, until it is mended or gone', async () => {
    const { ids, registry, write, until, lines, mcpConfig, plugin } = await openConfig(servers('a', 'b'));
    const running = registry.server('a');
    for (const wrong of [{ comand: 'a' }, { command: 'a', start: 'now' }]) {
      lines.length = 0;
      await write({ mcpServers: { A: wrong, c: { command: 'c' }, d: wrong } });
      await until(() => expect(ids()).toEqual(['a', 'c']));
      await until(() =>
        expect(lines.some((line) => line.sentence.includes('goes on by its last good entry'))).toBe(true),
      );
      expect(registry.server('a')).toBe(running);
      expect(lines.some((line) => line.sentence.includes('server "d" is left out'))).toBe(true);
      expect(mcpConfig.state.servers).toEqual(['c', 'a']);
      expect(plugin.health!()).toMatchObject({ ok: true, detail: { refused: { A: expect.any(String) } } });
    }
    await write({ mcpServers: { a: { command: 'mended' } } });
    await until(() => expect(registry.server('a').spec.launches).toMatchObject([{ command: 'mended' }]));
    await write({ mcpServers: { a: { comand: 'a', disabled: true } } });
    await until(() => expect(ids()).toEqual([]));
  });

  it("does not take another owner's server, says whose it is, and serves the rest", async () => {
    const { ids, registry, write, until, mcpConfig, plugin } = await openConfig(servers('a'));
    const spec = registry.server('a').spec;
    registry.register({ ...spec, id: 'mine', owner: 'bundled-servers' });
    await write(servers('a', 'mine', 'b'));
    await until(() => expect(ids()).toEqual(['a', 'b', 'mine']));
    expect(mcpConfig.state.refused).toMatchObject([
      { id: 'mine', code: 'SERVER_TAKEN', reason: expect.stringContaining('bundled-servers') },
    ]);
    expect(plugin.health!()).toMatchObject({
      ok: true,
      detail: { degraded: true, servers: 2, refused: { mine: expect.stringContaining('bundled-servers') } },
    });
    await write(servers('b'));
    await until(() => expect(ids()).toEqual(['b', 'mine']));
  });

  it('is not watched when it must not be', async () => {
    const { ids, write } = await openConfig(servers('a'), { watch: false });
    await write(servers('b'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(ids()).toEqual(['a']);
  });

  it('takes its servers along when the plugin stops, but not when another version took over', async () => {
    const first = await openConfig(servers('a'));
    await first.close();
    expect(first.ids()).toEqual([]);
    const second = await openConfig(servers('a', 'b'));
    const state = second.plugin.exportState!();
    await second.close();
    expect(second.ids()).toEqual(['a', 'b']);
    expect(state).toEqual(['a', 'b']);
  });
});

it('config/mcp.example.json can be copied as it is: nothing is refused, nothing is started', async () => {
  const example = await readFile(new URL('../../../config/mcp.example.json', import.meta.url), 'utf8');
  const { mcpConfig, ids } = await openConfig(example);
  expect(mcpConfig.state).toMatchObject({ found: true, error: undefined, refused: [], disabled: ['files', 'search'] });
  expect(ids()).toEqual([]);
});

it('config/mcp.schema.json is what the plugin reads', async () => {
  const written = JSON.parse(await readFile(new URL('../../../config/mcp.schema.json', import.meta.url), 'utf8'));
  expect(written, 'write mcpJsonSchema() of plugins/mcp-config/entry-schema.ts to config/mcp.schema.json').toEqual(
    mcpJsonSchema(),
  );
});
