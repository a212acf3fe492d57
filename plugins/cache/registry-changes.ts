import type { Undo } from '#kernel';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { Tags } from './tags.ts';

/** Who judged by the tools that there are, tags it so. */
const REGISTRY_TAG = 'registry';

/**
 * A changed registry voids what was judged by it: here at once, and elsewhere with one message for all changes that come
 * meanwhile. How a server feels changes no tool.
 */
export function followRegistry(registry: ToolRegistry, tags: Tags): Undo {
  let isTelling = false;
  let isDue = false;
  const tell = async (): Promise<void> => {
    isTelling = true;
    while (isDue) {
      isDue = false;
      await tags.invalidate([REGISTRY_TAG]);
    }
    isTelling = false;
  };
  return registry.onChange(({ type }) => {
    if (type === 'server_health') return;
    tags.invalidateHere(REGISTRY_TAG);
    isDue = true;
    if (!isTelling) void tell();
  });
}
