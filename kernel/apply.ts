import { servedNeeds } from './check-wiring.ts';
import { isFault, reason } from './errors.ts';
import type { Host } from './host.ts';
import { placeOf } from './load.ts';
import type { Plan, PlanEntry } from './plan.ts';
import { type Agree, addPlugin, keepPlugin, PLAN_CHANGED, removePlugin, swapPlugin } from './swap.ts';

/** The entries of `plan` that do not run as it has them. */
export function stepsTo(host: Host, plan: Plan): PlanEntry[] {
  return plan.entries.filter((entry) => {
    const slot = host.slots.get(entry.id);
    if (slot === undefined || slot.lost) return true;
    const { entry: old, given } = slot.instance;
    if (old.plugin.spec !== entry.plugin.spec || old.raw !== entry.raw) return true;
    const served = servedNeeds(entry.plugin.spec, plan);
    return served.length !== given.size || served.some(([key]) => !given.has(key));
  });
}

/** Does these steps, and removes what `plan` does not have. Returns the ids that it touched. */
export async function applySteps(
  host: Host,
  plan: Plan,
  steps: readonly PlanEntry[],
  agree?: Agree,
): Promise<string[]> {
  const wanted = new Set(plan.entries.map(({ id }) => id));
  const gone = [...host.slots.keys()].filter((id) => !wanted.has(id)).reverse();
  const claimed = new Set(plan.entries.filter(({ id }) => !host.slots.has(id)).flatMap(({ claims }) => claims));
  const first = gone.filter((id) => host.slots.get(id)!.instance.entry.claims.some((claim) => claimed.has(claim)));
  const touched: string[] = [];
  const remove = async (id: string): Promise<void> => {
    await removePlugin(host, id);
    touched.push(id);
  };
  for (const id of first) await remove(id);
  for (const entry of steps) {
    const slot = host.slots.get(entry.id);
    try {
      if (slot) await swapPlugin(host, slot, entry, plan, agree);
      else await addPlugin(host, entry, plan, agree);
      touched.push(entry.id);
    } catch (error) {
      if (isFault(error) && error.code === PLAN_CHANGED) throw error;
      if (slot) keepPlugin(host, entry.id, error, placeOf(error, entry.plugin));
      else host.log.error(`PLUGIN_REFUSED: ${entry.id}: not started (${reason(error)}).`, { plugin: entry.id });
    }
  }
  for (const id of gone) if (!first.includes(id)) await remove(id);
  return touched;
}
