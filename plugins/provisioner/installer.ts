import { fault, type Log, reason } from '#kernel';
import type { Policy } from '#plugins/policy/api';
import type { InstalledServer, InstallStep, ServerRunner } from './api.ts';
import type { ProvisionerConfig } from './config.ts';
import type { Installations } from './installations.ts';
import type { Registration } from './registration.ts';
import type { Choice } from './selection.ts';
import { Slots } from './slots.ts';

type Tell = (stage: 'install' | 'start' | 'register', step: InstallStep, server: string) => void;
interface Work {
  readonly result: Promise<InstalledServer>;
  readonly listeners: Set<Tell>;
  readonly ending: AbortController;
}

export interface InstallerParts {
  readonly policy: Policy;
  readonly runners: ReadonlyMap<string, ServerRunner>;
  readonly installations: Installations;
  readonly registration: Registration;
  readonly config: ProvisionerConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Brings a chosen server onto this machine and into the registry: all of it, or nothing. */
export class Installer {
  readonly #parts: InstallerParts;
  readonly #slots: Slots;
  /** At work, by the candidate's identity: who wants the same server waits for the same installation. */
  readonly #working = new Map<string, Work>();

  constructor(parts: InstallerParts) {
    this.#parts = parts;
    this.#slots = new Slots(parts.config.concurrency);
  }

  /** Ends for this caller with `signal`, and altogether when the last caller has gone. Faults: of each step. */
  async install(choice: Choice, tell: Tell, signal: AbortSignal): Promise<InstalledServer> {
    signal.throwIfAborted();
    const present = this.#parts.installations.of(choice.candidate.id);
    if (present !== undefined) return present;
    const work = this.#working.get(choice.candidate.id) ?? this.#begin(choice);
    work.listeners.add(tell);
    try {
      return await endsWith(signal, work.result);
    } finally {
      work.listeners.delete(tell);
      if (work.listeners.size === 0) work.ending.abort(new Error('nobody waits for it any more'));
    }
  }

  #begin(choice: Choice): Work {
    const { id } = choice.candidate;
    const listeners = new Set<Tell>();
    const ending = new AbortController();
    const tell: Tell = (...said) => {
      for (const each of listeners) each(...said);
    };
    const signal = AbortSignal.any([ending.signal, this.#parts.signal]);
    const result = this.#slots
      .with(signal, () => this.#work(choice, tell, signal))
      .finally(() => this.#working.delete(id));
    const work = { result, listeners, ending };
    this.#working.set(id, work);
    return work;
  }

  async #work(choice: Choice, tell: Tell, signal: AbortSignal): Promise<InstalledServer> {
    const { policy, runners, installations, registration, config, log } = this.#parts;
    const { candidate, distribution, decision } = choice;
    if (installations.all.length >= config.maxServers)
      throw fault('SERVERS_FULL', `${config.maxServers} servers are installed, which is the limit`, {
        kind: 'conflict',
        hint: 'remove one (DELETE /api/v1/installed/{server}), or raise provisioner.maxServers',
      });
    const runner = runners.get(choice.runner)!;
    const reserved = registration.reserveId(candidate);
    const server = reserved.id;
    const installed: InstalledServer = {
      server,
      ...(candidate.title !== undefined && { title: candidate.title }),
      description: candidate.description,
      candidate: candidate.id,
      distribution,
      runner: choice.runner,
      level: decision.level,
      limits: decision.limits,
      installedAt: Date.now(),
      capabilities: candidate.capabilities,
      secrets: candidate.needs.secrets.map(({ name }) => name),
    };
    const undos: (() => unknown)[] = [];
    try {
      const reservation = await policy.reserve(choice.request);
      undos.push(() => reservation.release());
      undos.push(() => runner.remove(server));
      const plan = runPlan(installed, config);
      await runner.install(plan, (step) => tell('install', step, server), signal);
      tell('start', { step: 'start', message: `starting ${server}` }, server);
      registration.register(installed, await runner.launch(plan));
      undos.push(() => registration.withdraw(server));
      const { tools } = await registration.handshake(server, signal);
      undos.push(() => policy.forgetTools(server));
      // What an installation that was cut off pinned under this id is nobody's.
      await policy.forgetTools(server);
      await policy.checkTools(
        server,
        tools.map(({ definition }) => definition),
      );
      signal.throwIfAborted();
      await installations.add(installed);
    } catch (error) {
      for (const undo of undos.reverse()) {
        try {
          await undo();
        } catch (failure) {
          log.warn('an undo of an installation failed', { server, reason: reason(failure) });
        }
      }
      throw error;
    } finally {
      reserved.release();
    }
    tell('register', { step: 'register', message: `${server} is ready`, done: 1 }, server);
    log.info('installed a server', { server, candidate: candidate.id, runner: choice.runner, rule: decision.rule });
    return installed;
  }
}

/** A server's plan: with the values of the secrets that it declared, and of no other. */
export function runPlan(installed: InstalledServer, { secrets }: ProvisionerConfig) {
  const { server, distribution, limits } = installed;
  const given = installed.secrets.flatMap((name) => (secrets[name] ? [[name, secrets[name]] as const] : []));
  return { server, distribution, limits, secrets: Object.fromEntries(given) };
}

function endsWith<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason);
    signal.addEventListener('abort', end);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
