import { fault, type Log, reason } from '#kernel';
import type { Cache } from '#plugins/cache/api';
import type { GapDetector } from '#plugins/gap-detector/api';
import type { SearchEngine, ServerCandidate } from '#plugins/mcp-search/api';
import type { Policy } from '#plugins/policy/api';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type {
  CapabilityNeed,
  InstalledServer,
  ProvisionCaller,
  Provisioner,
  ProvisionJob,
  ServerRunner,
  Update,
} from './api.ts';
import { approved } from './approval.ts';
import type { ProvisionerConfig } from './config.ts';
import type { Installations } from './installations.ts';
import type { Installer } from './installer.ts';
import type { Jobs } from './jobs.ts';
import { checkNeed } from './need.ts';
import type { Registration } from './registration.ts';
import { jobError, type RunningJob } from './running-job.ts';
import { type Choice, nothingFits, type Selector } from './selection.ts';
import type { Updater } from './updater.ts';

export interface ProvisionerParts {
  readonly config: ProvisionerConfig;
  readonly log: Log;
  readonly registry: ToolRegistry;
  readonly detector: GapDetector;
  readonly engine: SearchEngine;
  readonly policy: Policy;
  readonly runners: ReadonlyMap<string, ServerRunner>;
  readonly cache: Cache | undefined;
  readonly jobs: Jobs;
  readonly installations: Installations;
  readonly installer: Installer;
  readonly registration: Registration;
  readonly selector: Selector;
  readonly updater: Updater;
}

/** From a need to a tool: is it missing, who has it, may it come, bring it, tell everybody. */
export class OneStopProvisioner implements Provisioner {
  readonly #parts: ProvisionerParts;

  constructor(parts: ProvisionerParts) {
    this.#parts = parts;
  }

  async request(need: CapabilityNeed, caller: ProvisionCaller): Promise<ProvisionJob> {
    checkNeed(need);
    const { running, isNew } = this.#parts.jobs.begin(need, caller);
    const unwatch = caller.progress && running.watch(caller.progress);
    if (isNew) void this.run(running);
    await running.settled(need.waitMs ?? this.#parts.config.waitMs, caller.signal);
    unwatch?.();
    return running.job;
  }

  job(id: string): ProvisionJob {
    return this.#parts.jobs.get(id);
  }
  jobs(): readonly ProvisionJob[] {
    return this.#parts.jobs.all;
  }
  installed(): readonly InstalledServer[] {
    return this.#parts.installations.all;
  }

  cancel(id: string): ProvisionJob {
    this.#parts.jobs.running(id)?.ending.abort(fault('JOB_CANCELLED', 'the job was cancelled', { kind: 'cancelled' }));
    return this.#parts.jobs.get(id);
  }

  async uninstall(server: string): Promise<void> {
    const { installations, registration, runners, policy, log } = this.#parts;
    const installed = installations.known(server);
    // The row goes first: what has none is swept away at the next start, should this process end in between.
    await installations.remove(server);
    registration.withdraw(server);
    await policy.forgetTools(server);
    await runners.get(installed.runner)?.remove(server);
    await this.#forget(installed);
    log.info('uninstalled a server', { server });
  }

  update(server: string, caller: ProvisionCaller): Promise<Update> {
    return this.#parts.updater.update(server, caller);
  }

  /** Works a job to its end. Never rejects. */
  async run(running: RunningJob): Promise<void> {
    const { log } = this.#parts;
    try {
      await this.#work(running);
    } catch (error) {
      const { signal } = running.ending;
      // The server stops: the job is kept as it stands, and goes on after the next start.
      if (signal.aborted && (signal.reason as { code?: string }).code !== 'JOB_CANCELLED') return;
      const failure = jobError(error);
      const state = failure.code === 'JOB_CANCELLED' ? 'cancelled' : 'failed';
      const action = failure.code === 'CAPABILITY_REFUSED' || failure.code === 'APPROVAL_DENIED' ? 'refused' : 'failed';
      log.info('a capability was not provided', { job: running.job.id, code: failure.code, reason: reason(error) });
      running.update({ state, action, stage: 'end', error: failure, endedAt: Date.now() }, failure.message);
    }
  }

  async #work(running: RunningJob): Promise<void> {
    const { detector, engine, config } = this.#parts;
    const { need } = running.job;
    const { signal } = running.ending;
    const { task, requiredCapabilities } = need;
    running.update({ stage: 'gap' }, 'looking whether a tool is missing');
    const gap = await detector.analyze({ task, requiredCapabilities }, signal);
    if (gap.sufficient) {
      const tools = gap.candidates.map(({ tool }) => tool);
      this.#end(running, { action: 'already_available', tools }, gap.reasoning);
      return;
    }
    running.update({ stage: 'search' }, 'searching for a server that can do it');
    const missing = gap.missing.map(({ capability }) => capability);
    const found = await engine.search(
      {
        query: [task, ...gap.missing.flatMap(({ keywords }) => keywords)].join(' ').slice(0, 2_000),
        capabilities: [...new Set([...requiredCapabilities, ...missing])],
        k: config.candidates,
      },
      signal,
    );
    running.update({ stage: 'policy', candidates: found.candidates }, `found ${found.candidates.length} servers`);
    if (this.#isThere(found.candidates[0], running)) return;
    const { choices, rejected } = await this.#parts.selector.select(found.candidates, need, running.caller);
    running.update({ rejected }, `${choices.length} of them may be installed`);
    if (choices.length === 0) throw nothingFits(rejected, found.candidates.length, found.sources);
    // The best that may be installed, where better ones may not.
    if (this.#isThere(choices[0]?.candidate, running)) return;
    if (need.autoInstall === false) {
      this.#end(running, { action: 'would_install' }, `would install ${choices[0]!.candidate.id}`);
      return;
    }
    const installed = await this.#firstThatWorks(choices, running);
    await this.#forget(installed);
    this.#end(
      running,
      { action: 'installed_new_tools', installed: [installed], tools: this.#toolsOf(installed) },
      `installed ${installed.server}`,
    );
  }

  async #firstThatWorks(choices: readonly Choice[], running: RunningJob): Promise<InstalledServer> {
    const { config, installer, log, policy } = this.#parts;
    const { signal } = running.ending;
    let last: unknown;
    for (const choice of choices.slice(0, config.attempts)) {
      await approved(policy, choice, {
        principal: running.caller.principal,
        detail: { task: running.job.need.task },
        signal,
        waits: (approval) =>
          running.update({ state: 'waiting_approval', approval }, `${choice.candidate.id} waits for an approval`),
      });
      running.update({ state: 'running', stage: 'install' }, `installing ${choice.candidate.id}`);
      try {
        return await installer.install(
          choice,
          (stage, step, server) => {
            if (running.job.stage !== stage) running.update({ stage }, step.message);
            else running.tell(step, server);
          },
          AbortSignal.any([signal, AbortSignal.timeout(config.jobMs)]),
        );
      } catch (error) {
        if (signal.aborted || isFinal(error)) throw error;
        last = error;
        const { id } = choice.candidate;
        log.warn('a server could not be installed', { candidate: id, reason: reason(error) });
        const rejected = [...running.job.rejected, { id, reason: reason(error) }];
        running.update({ rejected }, `${id} could not be installed`);
      }
    }
    throw last;
  }

  #end(running: RunningJob, result: Partial<ProvisionJob>, message: string): void {
    running.update({ ...result, state: 'done', stage: 'end', endedAt: Date.now() }, message);
  }

  /** Ends the job where this server is installed, and serves. */
  #isThere(candidate: ServerCandidate | undefined, running: RunningJob): boolean {
    const installed = candidate && this.#parts.installations.of(candidate.id);
    if (installed === undefined || !this.#parts.registry.snapshot.servers.has(installed.server)) return false;
    this.#end(
      running,
      { action: 'already_available', installed: [installed], tools: this.#toolsOf(installed) },
      `${installed.server} is installed`,
    );
    return true;
  }

  #toolsOf({ server }: InstalledServer): readonly string[] {
    return this.#parts.registry.snapshot.servers.get(server)?.tools.map(({ id }) => id) ?? [];
  }

  /** Answers that were found before it came or went are not right any more. */
  async #forget({ capabilities }: InstalledServer): Promise<void> {
    for (const capability of capabilities) await this.#parts.cache?.invalidate(`capability:${capability}`);
  }
}

/** Another candidate would meet the same end. */
const isFinal = (error: unknown): boolean =>
  ['QUOTA_EXCEEDED', 'DISK_FULL', 'NETWORK_DOWN', 'SERVERS_FULL'].includes((error as { code?: string }).code ?? '');
