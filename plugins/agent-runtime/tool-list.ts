import type { ToolSchema } from '#plugins/llm/api';
import type { PlaneTool, ToolView } from '#plugins/tool-client/api';
import { fitting } from './fitting-tools.ts';

/**
 * The tools of the newest view, as the model is told of them. Made once a version; a request never carries a schema of an
 * older one. Where there are more than fit, those that suit the task best and those that the run has used.
 */
export class OfferedTools {
  readonly #task: string;
  readonly #most: number;
  readonly #used = new Set<string>();
  #made: { readonly key: string; readonly schemas: readonly ToolSchema[] } | undefined;

  constructor(task: string, most: number) {
    this.#task = task;
    this.#most = most;
  }

  /** How many the newest list offers. */
  get total(): number {
    return this.#made?.schemas.length ?? 0;
  }

  /** It stays on offer while it exists. */
  use(name: string): void {
    this.#used.add(name);
  }

  at(view: ToolView, own: readonly ToolSchema[]): readonly ToolSchema[] {
    const key = `${view.version} ${own.map(({ name }) => name).join()} ${view.tools.size > this.#most ? this.#used.size : 0}`;
    if (this.#made?.key === key) return this.#made.schemas;
    const chosen = this.#chosen([...view.tools.values()]);
    const schemas = [
      ...own,
      ...chosen.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    ];
    this.#made = { key, schemas };
    return schemas;
  }

  #chosen(tools: readonly PlaneTool[]): readonly PlaneTool[] {
    if (tools.length <= this.#most) return tools;
    const used = tools.filter(({ name }) => this.#used.has(name));
    const others = fitting(
      this.#task,
      tools.filter(({ name }) => !this.#used.has(name)),
      this.#most - used.length,
    );
    const kept = new Set([...used, ...others]);
    // In the plane's order, so that the list changes as little as it can.
    return tools.filter((tool) => kept.has(tool));
  }
}
