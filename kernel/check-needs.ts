import type { Plan } from './plan.ts';
import { showPlace } from './problem.ts';
import { isAll, isMany, tokenId } from './token.ts';

/** What will not work as it is configured: who needs a service that cannot serve, and why it cannot. The rest works. */
export function unmetNeeds({ entries }: Plan): string[] {
  const lacking = new Map<symbol, string>();
  for (const { plugin, config } of entries) {
    const why = plugin.spec.lacks?.(config as never);
    if (why === undefined) continue;
    for (const offer of Object.values(plugin.spec.provides ?? {})) if (!isMany(offer)) lacking.set(offer, why);
  }
  return entries.flatMap(({ id, at, plugin, config }) => {
    const { requires = {}, optional = {}, needs } = plugin.spec;
    const named = [...Object.keys(requires), ...(needs?.(config as never) ?? [])];
    return named.flatMap((name) => {
      const service = requires[name] ?? optional[name];
      const why = service === undefined || isAll(service) ? undefined : lacking.get(service);
      return why === undefined ? [] : `${showPlace(at)} "${id}" needs "${tokenId(service as symbol)}": ${why}`;
    });
  });
}
