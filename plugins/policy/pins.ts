import { createHash } from 'node:crypto';
import type { Storage } from '#plugins/storage/api';
import type { ToolDefinition } from '#plugins/tool-registry/api';
import type { ToolCheck } from './api.ts';

interface Pin {
  readonly description: string;
  readonly schema: string;
}
type Change = ToolCheck['changed'][number];

/** What each server said of its tools when it was approved, as hashes. */
export class Pins {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The first listing pins; of two first ones at once, one does and the other is compared to it. */
  async check(server: string, tools: readonly ToolDefinition[]): Promise<ToolCheck> {
    const now = pinsOf(tools);
    const added = await this.#storage.run(
      'INSERT INTO policy_pins (server, tools, pinned_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [server, JSON.stringify([...now]), Date.now()],
    );
    if (added > 0) return { pinned: true, changed: [] };
    const row = await this.#storage.get<{ tools: string }>('SELECT tools FROM policy_pins WHERE server = ?', [server]);
    // It was forgotten in between: what is listed now is the first listing.
    if (row === undefined) return this.check(server, tools);
    return { pinned: false, changed: differences(new Map(JSON.parse(row.tools) as [string, Pin][]), now) };
  }

  async approve(server: string, tools: readonly ToolDefinition[]): Promise<void> {
    await this.#storage.run(
      `INSERT INTO policy_pins (server, tools, pinned_at) VALUES (?, ?, ?)
        ON CONFLICT (server) DO UPDATE SET tools = excluded.tools, pinned_at = excluded.pinned_at`,
      [server, JSON.stringify([...pinsOf(tools)]), Date.now()],
    );
  }

  async forget(server: string): Promise<void> {
    await this.#storage.run('DELETE FROM policy_pins WHERE server = ?', [server]);
  }
}

function differences(before: ReadonlyMap<string, Pin>, now: ReadonlyMap<string, Pin>): readonly Change[] {
  const changed: Change[] = [];
  for (const [tool, { description, schema }] of now) {
    const pin = before.get(tool);
    if (pin === undefined) changed.push({ tool, what: 'added' });
    else {
      if (pin.description !== description) changed.push({ tool, what: 'description' });
      if (pin.schema !== schema) changed.push({ tool, what: 'schema' });
    }
  }
  for (const tool of before.keys()) if (!now.has(tool)) changed.push({ tool, what: 'removed' });
  return changed;
}

/** A model reads the title and the annotations, too: they belong to the description. */
const pinOf = ({ title, description, annotations, inputSchema, outputSchema }: ToolDefinition): Pin => ({
  description: hash([title ?? '', description ?? '', annotations ?? {}]),
  schema: hash([inputSchema, outputSchema ?? {}]),
});

/** Who lists a name twice has both pinned: which of them is served is not for the pins to guess. */
function pinsOf(tools: readonly ToolDefinition[]): ReadonlyMap<string, Pin> {
  const pins = new Map<string, Pin>();
  for (const tool of tools) {
    const [pin, before] = [pinOf(tool), pins.get(tool.name)];
    if (before === undefined) pins.set(tool.name, pin);
    else
      pins.set(tool.name, {
        description: hash([before.description, pin.description]),
        schema: hash([before.schema, pin.schema]),
      });
  }
  return pins;
}

const hash = (value: unknown): string => createHash('sha256').update(ordered(value)).digest('hex');

/** JSON in which the order of keys says nothing. */
const ordered = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : each,
  );
