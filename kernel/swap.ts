import { fault, reason } from './errors.ts';
import type { Host, Slot } from './host.ts';
import type { Instance } from './instance.ts';
import { within } from './limits.ts';
import type { Plan, PlanEntry } from './plan.ts';
import { PLUGIN_KEPT, PLUGIN_SWAPPED } from './services.ts';
import { isAll, tokenId } from './token.ts';

/**
 * Called when a new version has started, in the same step in which it begins to serve: other plugins may have come and
 * gone meanwhile. A fault `PLAN_CHANGED` ends that version and means that it is to be tried anew.
 */
export type Agree = () => void;
export const PLAN_CHANGED = 'PLAN_CHANGED';

/** Adds a plugin to a running kernel. Throws, and leaves nothing, when it does not start. */
export async function addPlugin(host: Host, entry: PlanEntry, plan: Plan, agree?: Agree): Promise<void> {
  const instance = await bringUp(host, entry, plan, { generation: 1, listening: true });
  try {
    agree?.();
  } catch (error) {
    await discard(instance);
    throw error;
  }
  host.board.connect(instance);
  host.slots.set(entry.id, { instance, reloads: 0, lastReload: undefined, lost: false });
  host.announceStart(instance);
}

/** Takes a plugin out: nobody reaches it any more, then it drains and ends. */
export async function removePlugin(host: Host, id: string): Promise<void> {
  const slot = host.slots.get(id);
  if (slot === undefined) return;
  host.slots.delete(id);
  slot.instance.listening = false;
  host.board.disconnect(slot.instance);
  await host.retire(slot.instance);
}

/**
 * Replaces a running plugin by another version or configuration of it. Throws when that fails and the old one goes
 * on; consumers hold handles, so none of them notices.
 */
export async function swapPlugin(host: Host, slot: Slot, entry: PlanEntry, plan: Plan, agree?: Agree): Promise<void> {
  const begun = performance.now();
  if (mustLetGo(slot, entry)) await swapInPlace(host, slot, entry, plan);
  else await swapBeside(host, slot, entry, plan, agree);
  const { generation } = slot.instance;
  const ms = Math.round(performance.now() - begun);
  slot.reloads++;
  slot.lost = false;
  slot.lastReload = { at: new Date().toISOString(), result: 'swapped' };
  slot.instance.log.info('Plugin swapped.', { generation, ms });
  host.publish(PLUGIN_SWAPPED, { id: entry.id, generation, ms });
}

/** True where the new version claims what the old one holds. */
export function mustLetGo(slot: Slot, entry: PlanEntry): boolean {
  const held = new Set(slot.instance.entry.claims);
  return !slot.lost && entry.claims.some((claim) => held.has(claim));
}

/** The new version starts while the old one serves; then state, handles and events change over in one synchronous step. */
async function swapBeside(host: Host, slot: Slot, entry: PlanEntry, plan: Plan, agree?: Agree): Promise<void> {
  const old = slot.instance;
  const next = await bringUp(host, entry, plan, { generation: old.generation + 1, listening: false });
  try {
    if (!slot.lost) handOver(old, next);
    agree?.();
  } catch (error) {
    await discard(next);
    throw error;
  }
  host.board.connect(next, old);
  old.listening = false;
  next.listening = true;
  slot.instance = next;
  // In the background: calls that are still in the old version must not hold up the next reload.
  if (!slot.lost) void host.retire(old);
}

/** Old and new claim the same resource, so the old one lets go first. Asynchronous calls wait for whoever comes. */
async function swapInPlace(host: Host, slot: Slot, entry: PlanEntry, plan: Plan): Promise<void> {
  const old = slot.instance;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  host.board.pause(old, gate);
  const serve = (instance: Instance): void => {
    host.board.connect(instance, old);
    slot.instance = instance;
  };
  try {
    const drainMs = old.entry.plugin.spec.drainMs ?? plan.keys.limits.drainMs;
    await within(drainMs, () => new Error('drain'), old.lease.whenIdle()).catch(() => undefined);
    const state = old.created.exportState?.();
    old.listening = false;
    await host.retire(old, 0);
    try {
      const handover = { from: old, state };
      serve(await bringUp(host, entry, plan, { generation: old.generation + 1, listening: true, handover }));
    } catch (error) {
      await restore(host, slot, { from: old, state }, serve, error);
      throw error;
    }
  } finally {
    host.board.resume(old);
    open();
  }
}

async function restore(
  host: Host,
  slot: Slot,
  handover: Handover,
  serve: (instance: Instance) => void,
  cause: unknown,
): Promise<void> {
  const { entry, generation } = handover.from;
  try {
    serve(await bringUp(host, entry, host.plan, { generation: generation + 2, listening: true, handover }));
  } catch (error) {
    slot.lost = true;
    host.board.disconnect(handover.from);
    const why = `new version: ${reason(cause)}; version ${generation} again: ${reason(error)}`;
    slot.lastReload = { at: new Date().toISOString(), result: 'lost', reason: why };
    host.log.error(`SWAP_LOST: ${entry.id}: neither version runs (${why}).`, { plugin: entry.id });
  }
}

interface Handover {
  readonly from: Instance;
  readonly state: unknown;
}

interface Arrival {
  readonly generation: number;
  readonly listening: boolean;
  readonly handover?: Handover;
}

/** Creates and starts; whatever fails leaves nothing behind. */
async function bringUp(host: Host, entry: PlanEntry, plan: Plan, arrival: Arrival): Promise<Instance> {
  const { generation, listening, handover } = arrival;
  for (const need of Object.values(entry.plugin.spec.requires ?? {}))
    if (!isAll(need) && !host.board.serves(need))
      throw fault('SERVICE_GONE', `it needs "${tokenId(need)}", which does not run`, { kind: 'unavailable' });
  const instance = host.create(entry, generation, plan, listening);
  try {
    await instance.start();
    if (handover) handOver(handover.from, instance, () => handover.state);
    return instance;
  } catch (error) {
    await discard(instance);
    throw error;
  }
}

async function discard(instance: Instance): Promise<void> {
  instance.listening = false;
  await instance.end(0);
}

/** State crosses only between versions that agree on its shape. */
function handOver(from: Instance, to: Instance, state = (): unknown => from.created.exportState!()): void {
  if (from.created.exportState === undefined || to.created.importState === undefined) return;
  const [before, after] = [from.entry.plugin.spec.stateVersion, to.entry.plugin.spec.stateVersion];
  if (before !== after)
    return to.log.warn('The new version starts without the state of the old one.', { stateVersion: after, before });
  try {
    to.created.importState(state());
  } catch (error) {
    throw fault('STATE_REFUSED', `the state of version ${from.generation} was not taken over: ${reason(error)}`);
  }
}

/** Books and says that the running version stays, once, with the place of the trouble. */
export function keepPlugin(host: Host, id: string, error: unknown, at?: string): void {
  const slot = host.slots.get(id);
  if (slot === undefined) return;
  const { generation } = slot.instance;
  const why = `${at === undefined ? '' : `${at} `}${reason(error)}`;
  if (slot.lost) return;
  slot.lastReload = { at: new Date().toISOString(), result: 'kept', reason: why };
  host.log.warn(`SWAP_KEPT: ${id}: new version not used (${why}); version ${generation} keeps running.`, {
    plugin: id,
  });
  host.publish(PLUGIN_KEPT, { id, generation, reason: why });
}
