import { describe, expect, test } from 'vitest';
import type { ToolView } from '#plugins/tool-client/api';
import { bootLocal, bootRemote, definition, listedServer } from './planes.ts';

const SERVERS = 1_000;
const never = new AbortController().signal;

describe.each([
  ['remote', bootRemote],
  ['local', bootLocal],
])('%s', (kind, boot) => {
  test(`${SERVERS} tools added, replaced and removed are few listings, in order, and no stale schema is left`, {
    timeout: 120_000,
  }, async () => {
    const { plane, registry, stop } = await boot();
    await plane.ready();
    const before = plane.view;
    const told: ToolView[] = [];
    plane.onChange((view) => told.push(view));
    const until = async (holds: (view: ToolView) => boolean): Promise<void> => {
      while (!holds(plane.view)) await plane.changed(plane.view.version, never);
    };
    const schema = (version: number) => ({
      inputSchema: { type: 'object', properties: { [`v${version}`]: { type: 'string' } } },
    });
    const figures: string[] = [];
    const phase = async (
      label: string,
      change: (at: number) => void,
      holds: (view: ToolView) => boolean,
    ): Promise<void> => {
      const from = told.length;
      const began = performance.now();
      for (let at = 0; at < SERVERS; at++) {
        change(at);
        // Servers come one after another, not all in one moment.
        if (at % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
      }
      const changed = performance.now();
      await until(holds);
      const ended = performance.now();
      const views = told.length - from;
      figures.push(
        `${label} ${Math.round(changed - began)} ms in the registry, seen ${Math.round(ended - changed)} ms later, ${views} views`,
      );
      expect(views).toBeLessThan(SERVERS / 2);
    };
    const add = (version: number) => (at: number) =>
      void registry.register(listedServer(`s${at}`, [definition('go', schema(version))]));
    const all = (view: ToolView, version: number): boolean =>
      Array.from({ length: SERVERS }, (_, at) => view.tools.get(`s${at}__go`)).every(
        (tool) => (tool?.inputSchema.properties as object | undefined)?.[`v${version}` as keyof object] !== undefined,
      );
    await phase('added', add(1), (view) => all(view, 1));
    await phase('replaced', add(2), (view) => all(view, 2));
    await phase(
      'removed',
      (at) => registry.unregister(`s${at}`),
      (view) => view.tools.size === before.tools.size,
    );
    console.log(`${kind}: ${SERVERS} tools ${figures.join('; ')}`);
    expect([...plane.view.tools.values()]).toEqual([...before.tools.values()]);
    expect(told.map(({ version }) => version)).toEqual(told.map((_, at) => before.version + 1 + at));
    await stop();
  });
});
