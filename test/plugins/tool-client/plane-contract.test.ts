import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlaneCall, ToolView } from '#plugins/tool-client/api';
import { fixtureCalls } from './fixture-calls.ts';
import { type BootedPlane, bootLocal, bootRemote, definition, listedServer } from './planes.ts';

const never = new AbortController().signal;
const CALL: PlaneCall = { signal: never };
const LIMITS = { maxOutputBytes: 4_096 };
let keys = 0;
const newKey = (): string => `key-${++keys}-${process.pid}`;

describe.each([
  ['remote', bootRemote],
  ['local', bootLocal],
])('%s', (_, boot) => {
  let booted: BootedPlane;
  beforeAll(async () => {
    booted = await boot({ client: LIMITS });
    await booted.plane.ready();
  });
  afterAll(() => booted.stop());
  const call = (name: string, args: object = {}, options: Partial<PlaneCall> = {}) =>
    booted.plane.call(name, args as Record<string, unknown>, { ...CALL, ...options });
  /** The first view, from `version` on, that fits. */
  const view = async (version: number, fits: (view: ToolView) => boolean): Promise<ToolView> => {
    const limit = AbortSignal.timeout(5_000);
    let now = booted.plane.view;
    while (now.version <= version || !fits(now)) now = await booted.plane.changed(now.version, limit);
    return now;
  };

  describe('the view', () => {
    test('has every tool by its name, with its hints', () => {
      const { tools, version } = booted.plane.view;
      expect(version).toBeGreaterThan(0);
      expect(tools.get('fix__look')).toEqual({
        name: 'fix__look',
        id: 'fix/look',
        description: 'Changes nothing.',
        inputSchema: expect.objectContaining({ type: 'object', required: ['id'] }),
        capabilities: [],
        readOnly: true,
        idempotent: true,
      });
      expect(tools.get('fix__say')).toMatchObject({ capabilities: ['saying'] });
      expect(tools.get('fix__say')).not.toHaveProperty('readOnly');
    });

    test('changes with the registry, one version at a time, and keeps what did not change', async () => {
      const { plane, registry } = booted;
      const told: ToolView[] = [];
      const stop = plane.onChange((each) => told.push(each));
      const before = plane.view;
      const undo = registry.register(listedServer('late', [definition('one')]));
      const added = await view(before.version, ({ tools }) => tools.has('late__one'));
      expect(added.tools.get('fix__say')).toBe(before.tools.get('fix__say'));
      registry.register(listedServer('late', [definition('one', { description: 'does more' })]));
      const replaced = await view(added.version, ({ tools }) => tools.get('late__one')?.description === 'does more');
      undo();
      registry.unregister('late');
      await view(replaced.version, ({ tools }) => !tools.has('late__one'));
      stop();
      const versions = told.map(({ version }) => version);
      expect(versions).toEqual(versions.map((__, at) => before.version + 1 + at));
      expect(told.at(-1)).toBe(plane.view);
    });

    test('does not change with the health of a server', async () => {
      const { plane, registry } = booted;
      registry.register(listedServer('sick', [definition('one')]));
      const { version } = await view(0, ({ tools }) => tools.has('sick__one'));
      registry.setHealth('sick', { state: 'failed', settled: true, error: 'gone' });
      await sleep(150);
      expect(plane.view.version).toBe(version);
      registry.unregister('sick');
      await view(version, ({ tools }) => !tools.has('sick__one'));
    });

    test('of a version that was counted before a restart wakes at once', async () => {
      const { plane } = booted;
      expect(await plane.changed(plane.view.version + 1_000, AbortSignal.timeout(1_000))).toBe(plane.view);
    });

    test('a wait ends with its signal, and a listener that fails keeps nothing from the others', async () => {
      const { plane, registry } = booted;
      const ending = new AbortController();
      const waiting = plane.changed(plane.view.version, ending.signal);
      ending.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      await expect(plane.changed(0, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
      const seen: number[] = [];
      const stops = [
        plane.onChange(() => {
          throw new Error('listener');
        }),
        plane.onChange(({ version }) => seen.push(version)),
      ];
      const { version } = plane.view;
      registry.register(listedServer('heard', [definition('one')]));
      await view(version, ({ tools }) => tools.has('heard__one'));
      registry.unregister('heard');
      await view(version + 1, ({ tools }) => !tools.has('heard__one'));
      for (const stop of stops) stop();
      expect(seen).toEqual([version + 1, version + 2]);
    });
  });

  describe('a call', () => {
    test('by name or id gives the text', async () => {
      expect(await call('fix__say', { text: 'hello' })).toEqual({
        isError: false,
        text: 'hello',
        artifacts: [],
        durationMs: expect.any(Number),
      });
      expect(await call('fix/say', { text: 'by id' })).toMatchObject({ text: 'by id' });
    });

    test('gives what is no text as artifacts, with a line for each', async () => {
      const { text, artifacts } = await call('fix__parts');
      expect(text.split('\n')).toEqual([
        'first',
        '[image: image/png, 8 bytes]',
        '[audio: audio/wav, 8 bytes]',
        '[resource: file:///notes.md, text/markdown, 7 bytes]',
        '# notes',
        '[resource: file:///x.bin, application/octet-stream, 8 bytes]',
        '[link: a, https://example.com/a.csv, text/csv]',
        'last \ufffd',
      ]);
      expect(artifacts).toMatchObject([
        { mediaType: 'image/png', data: 'iVBORw0KGgo=', bytes: 8 },
        { mediaType: 'audio/wav', bytes: 8 },
        { mediaType: 'text/markdown', url: 'file:///notes.md', data: Buffer.from('# notes').toString('base64') },
        { mediaType: 'application/octet-stream', url: 'file:///x.bin', bytes: 8 },
        { mediaType: 'text/csv', url: 'https://example.com/a.csv', bytes: 12 },
      ]);
    });

    test('gives structured content where there is nothing else', async () => {
      expect(await call('fix__structured')).toMatchObject({ text: '{"a":1}', isError: false });
    });

    test('is bounded, and says how much is missing', async () => {
      const { text, isError } = await call('fix__big', { bytes: 10_485_760 });
      expect(isError).toBe(false);
      const [kept, note] = text.split('\n');
      expect(kept).toBe('é'.repeat(2_048));
      expect(note).toBe('[cut here: 10481664 of 10485760 bytes are missing; at most 4096 are shown]');
      const { artifacts, text: about } = await call('fix__picture', { bytes: 5_000 });
      expect(artifacts).toEqual([{ mediaType: 'image/png', bytes: 5_000 }]);
      expect(about).toContain('left out');
    });

    test('passes on what the tool says of its own failure', async () => {
      const outcome = await call('fix__refuse');
      expect(outcome).toMatchObject({ isError: true, text: 'no such file' });
      expect(outcome.code).toBeUndefined();
      expect(outcome.isInfrastructure).toBeUndefined();
    });

    test('of an unknown tool names the nearest', async () => {
      expect(await call('fix__sya')).toMatchObject({
        isError: true,
        code: 'TOOL_UNKNOWN',
        alternatives: expect.arrayContaining(['fix__say']),
      });
      expect(await call('structured')).toMatchObject({ alternatives: ['fix__structured'] });
    });

    test('with arguments that do not fit says what is wrong', async () => {
      const outcome = await call('fix__say', { text: 7 });
      expect(outcome).toMatchObject({
        isError: true,
        code: 'ARGUMENTS_INVALID',
        text: expect.stringContaining('text'),
      });
      expect(outcome.isInfrastructure).toBeUndefined();
    });

    test('of a server that is not there is a fault of the way', async () => {
      const { registry } = booted;
      registry.register(listedServer('dead', [definition('one')]));
      await view(0, ({ tools }) => tools.has('dead__one'));
      expect(await call('dead__one')).toMatchObject({
        isError: true,
        code: 'SERVER_UNAVAILABLE',
        isInfrastructure: true,
      });
      registry.unregister('dead');
      await view(0, ({ tools }) => !tools.has('dead__one'));
    });

    test('that takes too long ends at its limit', async () => {
      const outcome = await call('fix__hold', { id: newKey() }, { timeoutMs: 100 });
      expect(outcome).toMatchObject({ isError: true, code: 'SERVER_TIMEOUT', isInfrastructure: true });
      expect(outcome.durationMs).toBeGreaterThan(90);
    });

    test('that is aborted rejects with the reason, and the tool hears of it', async () => {
      const before = fixtureCalls.aborted;
      const ending = new AbortController();
      const id = newKey();
      const calling = call('fix__hold', { id }, { signal: ending.signal });
      await expect.poll(() => fixtureCalls.runs.get(id)).toBe(1);
      ending.abort(new Error('not wanted any more'));
      await expect(calling).rejects.toThrow('not wanted any more');
      await expect.poll(() => fixtureCalls.aborted).toBe(before + 1);
      await expect(call('fix__say', { text: '' }, { signal: ending.signal })).rejects.toThrow('not wanted');
    });
  });

  describe('a call with a key', () => {
    test('runs once; later the outcome is what it was', async () => {
      const key = newKey();
      const first = await call('fix__count', { id: key }, { key });
      expect(first).toMatchObject({ text: 'run 1', isError: false });
      expect(await call('fix__count', { id: key }, { key })).toMatchObject({ text: 'run 1', isError: false });
      expect(await call('fix/count', { id: key }, { key })).toMatchObject({ text: 'run 1' });
      expect(fixtureCalls.runs.get(key)).toBe(1);
    });

    test('keeps the outcome of a tool that failed, too', async () => {
      const key = newKey();
      const first = await call('fix__refuse', {}, { key });
      expect(await call('fix__refuse', {}, { key })).toMatchObject({ isError: true, text: first.text });
    });

    test('that still runs is joined', async () => {
      const key = newKey();
      const both = [call('fix__hold', { id: key }, { key }), call('fix__hold', { id: key }, { key })];
      await expect.poll(() => fixtureCalls.runs.get(key)).toBe(1);
      await sleep(100);
      fixtureCalls.release();
      expect((await Promise.all(both)).map(({ text }) => text)).toEqual(['run 1', 'run 1']);
      expect(fixtureCalls.runs.get(key)).toBe(1);
    });

    test('is refused for another tool or other arguments', async () => {
      const key = newKey();
      await call('fix__count', { id: key }, { key });
      expect(await call('fix__count', { id: 'other' }, { key })).toMatchObject({ isError: true, code: 'KEY_REUSED' });
      expect(await call('fix__look', { id: key }, { key })).toMatchObject({ isError: true, code: 'KEY_REUSED' });
    });

    test('of arguments that do not fit is not begun: the key stays free', async () => {
      const key = newKey();
      expect(await call('fix__count', {}, { key })).toMatchObject({ code: 'ARGUMENTS_INVALID' });
      expect(await call('fix__count', { id: key }, { key })).toMatchObject({ text: 'run 1' });
    });

    test('of an unknown tool is not begun', async () => {
      const key = newKey();
      expect(await call('fix__cuont', { id: key }, { key })).toMatchObject({
        code: 'TOOL_UNKNOWN',
        alternatives: expect.arrayContaining(['fix__count']),
      });
      expect(await call('fix__count', { id: key }, { key })).toMatchObject({ text: 'run 1' });
    });

    test('that was aborted is uncertain afterwards, but for a tool that changes nothing', async () => {
      const ending = new AbortController();
      const key = newKey();
      const calling = call('fix__hold', { id: key }, { key, signal: ending.signal });
      await expect.poll(() => fixtureCalls.runs.get(key)).toBe(1);
      const before = fixtureCalls.aborted;
      ending.abort(new Error('stop'));
      await expect(calling).rejects.toThrow('stop');
      await expect.poll(() => fixtureCalls.aborted).toBe(before + 1);
      await expect.poll(async () => (await call('fix__hold', { id: key }, { key })).code).toBe('CALL_UNCERTAIN');
      expect(fixtureCalls.runs.get(key)).toBe(1);
    });
  });

  test('asking for a capability without a provisioner says so', async () => {
    await expect(booted.plane.request({ task: 'draw', capabilities: ['drawing'] })).rejects.toMatchObject({
      code: 'PROVISIONER_ABSENT',
    });
  });
});
