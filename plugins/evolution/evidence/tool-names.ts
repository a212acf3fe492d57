import type { Snapshot } from '#plugins/tool-registry/api';

/** Ids of the registry's tools by the names that runs know them by: id, MCP name, or a bare name that only one tool has. */
export class ToolNames {
  readonly #snapshot: Snapshot;
  readonly #bare = new Map<string, string | undefined>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    for (const { id, name } of snapshot.tools.values()) this.#bare.set(name, this.#bare.has(name) ? undefined : id);
  }

  idOf(name: string): string | undefined {
    const { tools, byMcpName } = this.#snapshot;
    return tools.has(name) ? name : (byMcpName.get(name)?.id ?? this.#bare.get(name));
  }
}
