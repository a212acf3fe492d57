import { fault, isFault, type Log, reason } from '#kernel';
import type { Distribution } from '#plugins/mcp-search/api';
import type { InstallStep, RunPlan, ServerRunner, Support } from '#plugins/provisioner/api';
import type { Launch } from '#plugins/tool-registry/api';
import { bridgeLaunch } from './bridge-launch.ts';
import type { ImageBuilder } from './build/image-builder.ts';
import type { ContainersConfig } from './config.ts';
import { containerSpec, type FilledSpec } from './container-spec.ts';
import { dropImage } from './drop-image.ts';
import type { Engine } from './engine.ts';
import { imageInfo } from './image-info.ts';
import type { ImageTars } from './image-tars.ts';
import { labelsOf } from './labels.ts';
import { type Fill, ListeningContainers } from './listening-container.ts';
import { Orphans } from './orphans.ts';
import { freePort } from './ports.ts';
import { identityOf, type Recipe, recipeOf } from './recipe.ts';
import { ServerTurns } from './server-turns.ts';
import { imagesOf, Versions } from './versions.ts';
import type { Wanted, WantedServers } from './wanted.ts';

export interface RunnerParts {
  readonly dir: string;
  readonly config: ContainersConfig;
  readonly engine: Engine;
  readonly tars: ImageTars;
  readonly wanted: WantedServers;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Builds images of servers and runs them in containers. */
export class ContainerRunner implements ServerRunner {
  readonly #parts: RunnerParts;
  #builder: Promise<ImageBuilder> | undefined;
  readonly #listening: ListeningContainers;
  readonly #orphans: Orphans;
  readonly #versions: Versions;
  readonly #turns = new ServerTurns();
  /** With secrets, so in memory only: they come again with the first launch after a restart. */
  readonly #plans = new Map<string, RunPlan>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#listening = new ListeningContainers(parts);
    this.#versions = new Versions(parts.wanted, (server, image) => this.#dropVersion(server, image));
    this.#orphans = new Orphans(parts.engine, parts.wanted, parts.log, (server) => this.#turns.has(server));
  }

  supports(distribution: Distribution): Support {
    const { engine, config } = this.#parts;
    const { kind } = distribution;
    if (kind !== 'npm' && kind !== 'oci')
      return { ok: false, reason: `it runs npm packages and images, and this is ${kind}` };
    const why = engine.missing;
    if (why !== undefined) return { ok: false, reason: why };
    if (kind === 'oci' && !config.pull && !config.servers[identityOf(distribution)]?.folder)
      return { ok: false, reason: 'fetching images is switched off (containers.pull)' };
    return { ok: true, sandboxed: true };
  }

  async install(plan: RunPlan, progress: (step: InstallStep) => void, signal: AbortSignal): Promise<void> {
    const support = this.supports(plan.distribution);
    if (!support.ok) throw fault('RUNNER_UNFIT', support.reason, { kind: 'unavailable' });
    const recipe = recipeOf(plan, this.#parts.config, this.#parts.wanted.instance);
    try {
      await this.#turns.in(plan.server, () => this.#install(plan, recipe, progress, signal));
    } catch (error) {
      // A call to the engine that is cut off says no more than that it was.
      signal.throwIfAborted();
      if (isFault(error)) throw error;
      throw fault(
        'INSTALL_FAILED',
        `${plan.server} could not be put into a container: ${reason(error).slice(0, 1_000)}`,
        {
          kind: 'unavailable',
          hint: 'look at the Docker Engine',
        },
      );
    }
  }

  async #install(
    plan: RunPlan,
    recipe: Recipe,
    progress: (step: InstallStep) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.#plans.set(plan.server, plan);
    const before = this.#parts.wanted.get(plan.server);
    const isThere = before?.key === recipe.key && (await this.#isBack(before, signal));
    if (!isThere) await this.#build(plan, recipe, before, progress, signal);
    const wanted = this.#parts.wanted.get(plan.server)!;
    if (wanted.transport !== 'http') return;
    progress({ step: 'start', message: `starting ${plan.server}`, done: 0.9 });
    await this.#listening.ensure(wanted, this.#fillOf(wanted), signal);
    await this.#listening.answered(plan.server, signal);
  }

  /** Stdio: the bridging program, which makes the container. HTTP: the address of the one that runs. */
  async launch(plan: RunPlan): Promise<Launch> {
    const { wanted: all, engine, config, tars, signal } = this.#parts;
    const recipe = recipeOf(plan, config, all.instance);
    const wanted = await this.#turns.in(plan.server, () => this.#versions.chosen(plan.server, recipe.key));
    const broken = wanted === undefined ? 'it is not installed in a container' : await this.#brokenness(wanted);
    if (wanted === undefined || broken !== undefined)
      throw fault('INSTALLATION_BROKEN', `${plan.server} cannot be started: ${broken}`, {
        kind: 'unavailable',
        hint: 'install it again',
      });
    this.#plans.set(plan.server, plan);
    if (wanted.transport === 'http') {
      if (engine.missing === undefined) await this.#bringUp(wanted, signal);
      const { port, path } = all.get(plan.server)!;
      return { kind: 'http', url: `http://127.0.0.1:${port}${path}`, headers: {} };
    }
    const tar = tars.get(wanted.image);
    const kept = tar === undefined ? undefined : { file: tars.tarOf(wanted.image), sha256: tar.sha256 };
    return bridgeLaunch(plan.server, this.#filled(plan, wanted), kept, engine.address, config);
  }

  async remove(server: string): Promise<void> {
    const { wanted, tars, engine, log, signal } = this.#parts;
    await this.#turns.in(server, async () => {
      this.#plans.delete(server);
      const before = wanted.get(server);
      wanted.remove(server);
      for (const image of imagesOf(before)) await tars.remove(image);
      // Without an engine, what it holds goes when it is back: nothing is wanted of this server any more.
      if (engine.missing !== undefined) return;
      await this.#orphans.removeServer(server);
      for (const image of imagesOf(before))
        await dropImage(engine, image, signal).catch((error: unknown) =>
          log.warn('an image stays until the next start', { image, reason: reason(error) }),
        );
    });
  }

  async recover(plan: RunPlan, signal: AbortSignal): Promise<void> {
    await this.install(plan, () => {}, signal);
  }

  async sweep(servers: readonly string[]): Promise<void> {
    const { wanted, tars } = this.#parts;
    const known = new Set(servers);
    for (const { server } of wanted.all) if (!known.has(server) && !this.#turns.has(server)) await this.remove(server);
    const images = new Set(wanted.all.flatMap(imagesOf));
    for (const { image } of tars.list())
      if (image.startsWith(`localhost/mcp/${wanted.instance}/`) && !images.has(image)) await tars.remove(image);
    await (await this.#building()).sweep();
    await this.#orphans.sweepAll(known);
  }

  /** The engine is back: what was removed while it was away goes now. */
  async removeUnwanted(): Promise<void> {
    await this.#orphans.sweepAll();
  }

  /** What runs becomes what is to run: on start, when the engine is back, after an event, and from time to time. */
  async reconcile(mayCheck: boolean): Promise<void> {
    const { wanted, engine } = this.#parts;
    if (engine.missing !== undefined) return;
    // Beside each other: a server that takes its time holds up no other.
    await Promise.all([
      ...wanted.all.filter(({ transport }) => transport === 'http').map((each) => this.#reconcile(each, mayCheck)),
      this.#orphans.sweepContainers(),
    ]);
  }

  async #reconcile(wanted: Wanted, mayCheck: boolean): Promise<void> {
    const { engine, log, signal } = this.#parts;
    if (this.#turns.has(wanted.server)) return;
    try {
      await this.#bringUp(wanted, signal);
      if (mayCheck) await this.#listening.check(wanted, signal);
    } catch (error) {
      if (engine.missing === undefined && !signal.aborted)
        log.warn('a server in a container is not back', { server: wanted.server, reason: reason(error) });
    }
  }

  get silent(): readonly string[] {
    return this.#listening.silent;
  }
  get plans(): readonly RunPlan[] {
    return [...this.#plans.values()];
  }
  set plans(plans: readonly RunPlan[]) {
    for (const plan of plans) this.#plans.set(plan.server, plan);
  }

  async #bringUp(wanted: Wanted, signal: AbortSignal): Promise<void> {
    await this.#turns.in(wanted.server, async () => {
      const now = this.#parts.wanted.get(wanted.server);
      if (now !== undefined) await this.#listening.ensure(now, this.#fillOf(now), signal);
    });
  }

  /** Its image is in the engine, or comes back from its tar. */
  async #isBack(before: Wanted, signal: AbortSignal): Promise<boolean> {
    const { tars, log } = this.#parts;
    if (await this.#hasImage(before, signal)) return true;
    if (tars.get(before.image)?.id !== before.imageId) return false;
    try {
      await tars.restore(before.image, signal);
      return true;
    } catch (error) {
      if (!isFault(error) || error.code !== 'IMAGE_TAR_BROKEN') throw error;
      log.warn('an image is built again', { server: before.server, reason: reason(error) });
      return false;
    }
  }

  /** Not loaded where no image is ever built. */
  #building(): Promise<ImageBuilder> {
    const { dir, engine, config } = this.#parts;
    this.#builder ??= import('./build/image-builder.ts').then((built) => new built.ImageBuilder(dir, engine, config));
    return this.#builder;
  }

  async #build(
    plan: RunPlan,
    recipe: Recipe,
    before: Wanted | undefined,
    progress: (step: InstallStep) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { wanted, config } = this.#parts;
    const { settings, image, key, volume } = recipe;
    await wanted.keepId();
    const labels = this.#labels(plan);
    const built = await (await this.#building()).build(plan, recipe, labels, progress, signal);
    if (volume !== undefined) await this.#parts.engine.docker.createVolume({ Name: volume, Labels: labels });
    const isHttp = settings.transport === 'http';
    const taken = new Set(wanted.all.flatMap(({ port }) => port ?? []));
    const port = isHttp ? (before?.port ?? (await freePort(config.firstPort, config.lastPort, taken))) : undefined;
    await this.#keepTar(image, progress, signal);
    const next = {
      server: plan.server,
      key,
      image,
      ...built,
      transport: settings.transport,
      ...(volume !== undefined && { volume }),
      ...(port !== undefined && { port }),
      innerPort: settings.port,
      path: settings.path,
    };
    await this.#versions.put(next, plan.replaces);
  }

  /** Its tar now; its image when no container has it any more, but not where it is wanted again by then. */
  async #dropVersion(server: string, image: string): Promise<void> {
    const { tars, engine, wanted, log, signal } = this.#parts;
    await tars.remove(image);
    const unlessWanted = (remove: () => Promise<unknown>) =>
      this.#turns.in(server, async () => (imagesOf(wanted.get(server)).includes(image) ? undefined : remove()));
    dropImage(engine, image, signal, unlessWanted).catch((error: unknown) => {
      if (!signal.aborted) log.debug('an image stays until the next start', { image, reason: reason(error) });
    });
  }

  /** Without its tar a server runs all the same, so that is no reason to fail. */
  async #keepTar(image: string, progress: (step: InstallStep) => void, signal: AbortSignal): Promise<void> {
    const { config, tars, log } = this.#parts;
    if (config.cacheMb === 0) return;
    progress({ step: 'cache', message: `keeping ${image} as a tar`, done: 0.8 });
    try {
      await tars.save(image, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn('an image could not be kept as a tar', { image, reason: reason(error) });
    }
  }

  async #brokenness(wanted: Wanted): Promise<string | undefined> {
    const { engine, signal } = this.#parts;
    if (engine.missing !== undefined) return undefined; // its bridging program waits for the engine
    return (await this.#hasImage(wanted, signal)) ? undefined : 'its image is gone';
  }

  async #hasImage({ imageId }: Wanted, signal: AbortSignal): Promise<boolean> {
    const { engine } = this.#parts;
    return (await imageInfo(engine.docker, imageId, engine.limit(signal))) !== undefined;
  }

  #fillOf({ server }: Wanted): Fill {
    const plan = this.#plans.get(server);
    return plan === undefined ? undefined : (wanted) => this.#filled(plan, wanted);
  }

  #filled(plan: RunPlan, wanted: Wanted): FilledSpec {
    const { config, engine } = this.#parts;
    const { settings } = recipeOf(plan, config, this.#parts.wanted.instance);
    return containerSpec({ plan, wanted, settings, config, cores: engine.cores, labels: this.#labels(plan) });
  }

  #labels({ server, distribution }: RunPlan): Record<string, string> {
    return labelsOf(this.#parts.wanted.instance, server, identityOf(distribution).replace(/^\w+:/, ''));
  }
}
