import { fault, type Log, reason } from '#kernel';
import type { Distribution, SearchEngine } from '#plugins/mcp-search/api';
import type { Policy, ToolCheck } from '#plugins/policy/api';
import type { ToolDefinition } from '#plugins/tool-registry/api';
import type { InstalledServer, ProvisionCaller, ServerRunner, Update } from './api.ts';
import { approved, decidedWell } from './approval.ts';
import type { ProvisionerConfig } from './config.ts';
import type { Installations } from './installations.ts';
import { runPlan } from './installer.ts';
import type { Registration } from './registration.ts';
import { nothingFits, type Selector } from './selection.ts';

export interface UpdaterParts {
  readonly config: ProvisionerConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly engine: SearchEngine;
  readonly policy: Policy;
  readonly runners: ReadonlyMap<string, ServerRunner>;
  readonly installations: Installations;
  readonly registration: Registration;
  readonly selector: Selector;
  /** Compares what the registry lists of it now with what was approved. */
  readonly recheck: (server: string) => void;
}

/** Newer versions of installed servers: found, judged like an installation, put in place beside the old one, or taken back. */
export class Updater {
  readonly #parts: UpdaterParts;
  /** At work, by server. */
  readonly #working = new Map<string, Promise<Update>>();
  readonly #replacing = new Set<string>();

  constructor(parts: UpdaterParts) {
    this.#parts = parts;
  }

  /** Faults: INSTALLATION_UNKNOWN, CAPABILITY_REFUSED with the rule, APPROVAL_*, UPDATE_FAILED: the old version serves on. */
  update(server: string, caller: ProvisionCaller): Promise<Update> {
    const working = this.#working.get(server);
    if (working !== undefined) return working;
    const work = this.#update(this.#parts.installations.known(server), caller).finally(() =>
      this.#working.delete(server),
    );
    this.#working.set(server, work);
    return work;
  }

  /** Its tools are compared here, while one version takes the place of another. */
  isReplacing(server: string): boolean {
    return this.#replacing.has(server);
  }

  /** Looks at every installed server every so often. The undo stops it. */
  watch(): () => void {
    const { config, log, installations, signal } = this.#parts;
    if (config.updates === 'off') return () => {};
    const look = async (): Promise<void> => {
      for (const installed of installations.all) {
        if (signal.aborted) return;
        const { server } = installed;
        try {
          if (config.updates === 'auto') await this.update(server, { principal: 'provisioner' });
          else await this.#tell(installed);
        } catch (error) {
          if (!signal.aborted) log.warn('a server was not updated', { server, reason: reason(error) });
        }
      }
    };
    const timer = setInterval(() => void look(), config.updateEveryMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  async #tell({ server, candidate, distribution }: InstalledServer): Promise<void> {
    const found = await this.#parts.engine.candidate(candidate, this.#parts.signal);
    const newer = found.distributions.find((each) => isOtherVersion(each, distribution));
    if (newer !== undefined)
      this.#parts.log.info('a newer version of a server is there', { server, version: versionOf(newer) });
  }

  async #update(installed: InstalledServer, caller: ProvisionCaller): Promise<Update> {
    const { engine, selector, policy, log, signal } = this.#parts;
    const { server, candidate, distribution } = installed;
    const found = await engine.candidate(candidate, signal);
    const from = versionOf(distribution);
    if (!found.distributions.some((each) => isOtherVersion(each, distribution))) return { server, from, to: from };
    const need = { task: `update ${candidate}`, requiredCapabilities: [] };
    // It was asked for by name: how well it answers some need is no question here.
    const { choices, rejected } = await selector.select([{ ...found, relevance: 1 }], need, caller);
    const [choice] = choices;
    if (choice === undefined) throw nothingFits(rejected, 1);
    await approved(policy, choice, { principal: caller.principal, detail: { update: { server, from } }, signal });
    // It may be gone since.
    this.#parts.installations.known(server);
    const next: InstalledServer = {
      ...installed,
      distribution: choice.distribution,
      level: choice.decision.level,
      limits: choice.decision.limits,
      installedAt: Date.now(),
    };
    const { changed, tools } = await this.#replace(installed, next);
    if (changed.length > 0) {
      await this.#changedApproved(next, changed, tools, caller);
      this.#parts.installations.known(server);
      await this.#replace(installed, next, tools);
    }
    this.#parts.recheck(server);
    const to = versionOf(next.distribution);
    log.info('updated a server', { server, from, to, rule: choice.decision.rule });
    return { server, from, to };
  }

  /**
   * The row changes last: a kill before that starts the old version again. Where the new one says other things of its tools
   * than were approved, it goes again and its changes are the answer. `approvedTools`: a person has approved these, and
   * nothing else that it may say at its second start.
   */
  async #replace(installed: InstalledServer, next: InstalledServer, approvedTools?: readonly ToolDefinition[]) {
    const { config, runners, registration, installations, policy, signal } = this.#parts;
    const { server } = installed;
    const runner = runners.get(installed.runner)!;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(config.jobMs)]);
    const before = registration.listed(server);
    const back = async (): Promise<void> => {
      if (approvedTools !== undefined) await policy.approveTools(server, before);
      registration.register(installed, await runner.launch(runPlan(installed, config)));
    };
    this.#replacing.add(server);
    try {
      await runner.install({ ...runPlan(next, config), replaces: installed.distribution }, () => {}, limit);
      registration.register(next, await runner.launch(runPlan(next, config)));
      const tools = await registration.toolsOf(server, limit);
      if (approvedTools !== undefined) await policy.approveTools(server, approvedTools);
      const { changed } = await policy.checkTools(server, tools);
      if (changed.length > 0 && approvedTools !== undefined)
        throw new Error('its tools are not those that it listed when they were approved');
      if (changed.length === 0) await installations.add(next);
      else await back();
      return { changed, tools };
    } catch (error) {
      await back();
      throw fault('UPDATE_FAILED', `"${server}" stays at ${versionOf(installed.distribution)}: ${reason(error)}`, {
        kind: 'unavailable',
        hint: 'the old version serves on; the reason is that of the new one',
      });
    } finally {
      this.#replacing.delete(server);
    }
  }

  async #changedApproved(
    next: InstalledServer,
    changed: ToolCheck['changed'],
    tools: readonly ToolDefinition[],
    { principal }: ProvisionCaller,
  ) {
    const { policy, signal } = this.#parts;
    const subject = `${next.server}@${versionOf(next.distribution)}`;
    const what = changed.map(({ tool, what: how }) => `${tool} (${how})`).join(', ');
    await decidedWell(
      policy,
      {
        kind: 'tools_changed',
        subject,
        principal,
        reason: `changed: ${what}`,
        rule: 'tools_changed',
        detail: { changed, tools: tools.map(({ name, description }) => ({ name, description })) },
      },
      signal,
    );
  }
}

const versionOf = (distribution: Distribution): string =>
  'version' in distribution ? distribution.version : distribution.kind === 'oci' ? distribution.image : '';
const isOtherVersion = (one: Distribution, other: Distribution): boolean =>
  one.kind === other.kind && versionOf(one) !== versionOf(other);
