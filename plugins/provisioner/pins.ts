import { type Log, reason } from '#kernel';
import type { Policy } from '#plugins/policy/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { InstalledServer } from './api.ts';
import { decision } from './approval.ts';
import type { Registration } from './registration.ts';

export interface PinsParts {
  readonly policy: Policy;
  readonly registry: ToolRegistry;
  readonly registration: Registration;
  readonly log: Log;
  readonly signal: AbortSignal;
  installed(server: string): InstalledServer | undefined;
  /** Another version takes its place, and its tools are compared there. */
  isReplacing(server: string): boolean;
  /** Puts a withdrawn server back. */
  restore(installed: InstalledServer): Promise<void>;
}

/**
 * Installed servers whose tools are not those that were approved: a description is a prompt, and a changed one may be an
 * attack. Such a server is taken out until somebody approves what it says now.
 */
export class Pins {
  readonly #parts: PinsParts;
  readonly #held = new Set<string>();

  constructor(parts: PinsParts) {
    this.#parts = parts;
  }

  get held(): readonly string[] {
    return [...this.#held];
  }

  watch(): () => void {
    return this.#parts.registry.onChange(({ type, server }) => {
      if (type !== 'tool_updated' && type !== 'tool_installed') return;
      if (!this.#parts.isReplacing(server)) this.recheck(server);
    });
  }

  /** After another version took its place. */
  recheck(server: string): void {
    if (this.#parts.installed(server) === undefined || this.#held.has(server)) return;
    this.#check(server).catch((error: unknown) =>
      this.#parts.log.error('the tools of a server could not be checked', { server, reason: reason(error) }),
    );
  }

  async #check(server: string): Promise<void> {
    const { policy, registry, registration, log, signal } = this.#parts;
    const tools = registry.snapshot.servers.get(server)?.tools.map(({ definition }) => definition) ?? [];
    if (tools.length === 0) return;
    const { changed } = await policy.checkTools(server, tools);
    if (changed.length === 0 || this.#held.has(server)) return;
    this.#held.add(server);
    registration.withdraw(server);
    const what = changed.map(({ tool, what: how }) => `${tool} (${how})`).join(', ');
    log.warn('a server was taken out: its tools are not those that were approved', { server, changed: what });
    try {
      const approval = await policy.approval({
        kind: 'tools_changed',
        subject: server,
        principal: 'provisioner',
        reason: `changed: ${what}`,
        rule: 'tools_changed',
        detail: { changed, tools: tools.map(({ name, description }) => ({ name, description })) },
      });
      const { state } = await decision(policy, approval.id, signal);
      if (state !== 'approved') return;
      await policy.approveTools(server, tools);
      const installed = this.#parts.installed(server);
      this.#held.delete(server);
      if (installed !== undefined) await this.#parts.restore(installed);
    } catch (error) {
      if (signal.aborted) return;
      log.warn('a changed server stays out', { server, reason: reason(error) });
    }
  }
}
