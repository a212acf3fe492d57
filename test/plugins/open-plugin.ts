import type { z } from 'zod';
import type { Created, Events, Log, LogFields, PluginSpec, Topic, Undo } from '#kernel';

export interface Line {
  readonly level: keyof Log;
  readonly sentence: string;
  readonly fields: LogFields;
}

type Requirements = NonNullable<PluginSpec['requires']>;
type Provisions = NonNullable<PluginSpec['provides']>;

/** One plugin with a context of its own, started; `close` ends it as the kernel does. */
export async function openPlugin<
  C extends z.ZodObject,
  R extends Requirements,
  O extends Requirements,
  P extends Provisions,
>(spec: PluginSpec<C, R, O, P>, config: z.input<C>, services: Readonly<Record<string, unknown>> = {}, state?: unknown) {
  const lines: Line[] = [];
  const undos: Undo[] = [];
  const ending = new AbortController();
  const events = eventBus();
  const say =
    (level: keyof Log) =>
    (sentence: string, fields: LogFields = {}): void => {
      lines.push({ level, sentence, fields });
    };
  const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const context = {
    ...services,
    config: spec.config.parse(config),
    log,
    events,
    signal: ending.signal,
    defer: (undo: Undo) => void undos.push(undo),
    id: spec.name,
    generation: 1,
  };
  const plugin = spec.create(context as unknown as Parameters<typeof spec.create>[0]) as Created<P>;
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    ending.abort();
    await plugin.stop?.();
    for (const undo of undos.reverse()) await undo();
  };
  try {
    if (state !== undefined) plugin.importState?.(state);
    await plugin.start?.();
  } catch (error) {
    await close();
    throw error;
  }
  return { plugin, lines, events, close };
}

export function eventBus(): Events {
  const listeners = new Map<string, Set<(payload: unknown) => unknown>>();
  return {
    publish: (to, payload) => {
      for (const listener of listeners.get(to.name) ?? []) void listener(payload);
    },
    subscribe: <T>(to: Topic<T>, listener: (payload: T) => void | Promise<void>) => {
      const here = listeners.get(to.name) ?? new Set();
      listeners.set(to.name, here.add(listener as (payload: unknown) => unknown));
      return () => void here.delete(listener as (payload: unknown) => unknown);
    },
  };
}
