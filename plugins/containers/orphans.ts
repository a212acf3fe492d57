import type Docker from 'dockerode';
import { type Log, reason } from '#kernel';
import type { Engine } from './engine.ts';
import { BRIDGE_LABEL, INSTANCE_LABEL, SERVER_LABEL, SPEC_LABEL } from './labels.ts';
import { isRunning } from './process-mark.ts';
import { imagesOf } from './versions.ts';
import type { WantedServers } from './wanted.ts';

/** A container between its creation and its start looks like one that is left over; nobody needs so long for that. */
const YOUNG_S = 60;

/** Containers, images and volumes that carry our label and that nobody needs any more. */
export class Orphans {
  readonly #engine: Engine;
  readonly #wanted: WantedServers;
  readonly #log: Log;
  /** Servers at which somebody works just now. */
  readonly #isBusy: (server: string) => boolean;
  /** All that are installed, as they were named last; undefined: not yet. */
  #installed: ReadonlySet<string> | undefined;

  constructor(engine: Engine, wanted: WantedServers, log: Log, isBusy: (server: string) => boolean) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#log = log;
    this.#isBusy = isBusy;
  }

  /** Of servers that are gone, of connections whose bridging process is gone, and of builds, which leave some. */
  async sweepContainers(): Promise<void> {
    const { docker } = this.#engine;
    const found = await docker.listContainers({ all: true, ...this.#ours() });
    for (const { Id, Labels, Created, State } of found) {
      const server = Labels[SERVER_LABEL] ?? '';
      const bridge = Labels[BRIDGE_LABEL];
      const isBusy = this.#isBusy(server);
      const isKnown = this.#wanted.get(server) !== undefined || isBusy;
      const isOfBuild = bridge === undefined && Labels[SPEC_LABEL] === undefined && !isBusy;
      const isOver = bridge !== undefined && !isRunning(bridge);
      const isStale = bridge !== undefined && State !== 'running' && Date.now() / 1_000 - Created > YOUNG_S;
      if (isKnown && !isOver && !isStale && !isOfBuild) continue;
      await this.#quietly('container', server, () =>
        docker.getContainer(Id).remove({ force: true, abortSignal: this.#engine.limit() }),
      );
    }
  }

  /** All that belongs to one server. */
  async removeServer(server: string): Promise<void> {
    await this.#removeWhere((labelled) => labelled === server);
  }

  /**
   * All that belongs to servers that are not installed. Only by a list of those that are: a record of ours that cannot be
   * read must not cost a server the data in its volume.
   */
  async sweepAll(installed?: ReadonlySet<string>): Promise<void> {
    const known = installed ?? this.#installed;
    this.#installed = known;
    if (this.#engine.missing !== undefined) return;
    if (known !== undefined) {
      await this.#removeWhere(
        (server) => !known.has(server) && this.#wanted.get(server) === undefined && !this.#isBusy(server),
      );
      const needed = new Set(this.#wanted.all.flatMap(imagesOf));
      await this.#dropTags(this.#engine.docker, (server, image) => !needed.has(image) && !this.#isBusy(server));
      await this.#dropUnnamed(this.#engine.docker);
    }
    await this.sweepContainers();
  }

  async #removeWhere(isGone: (server: string) => boolean): Promise<void> {
    const { docker } = this.#engine;
    const matches = (labels: Record<string, string> | undefined): boolean => isGone(labels?.[SERVER_LABEL] ?? '');
    for (const { Id, Labels } of await docker.listContainers({ all: true, ...this.#ours() }))
      if (matches(Labels))
        await this.#quietly('container', Labels[SERVER_LABEL]!, () => forced(docker, Id, this.#engine));
    for (const { Id, Labels, RepoTags } of await docker.listImages(this.#ours()))
      if (matches(Labels)) await this.#dropImage(docker, RepoTags ?? [], Id, Labels?.[SERVER_LABEL] ?? '');
    await this.#dropTags(docker, isGone);
    const { Volumes } = await docker.listVolumes({ filters: this.#ours().filters, abortSignal: this.#engine.limit() });
    for (const { Name, Labels } of Volumes ?? [])
      if (matches(Labels))
        await this.#quietly('volume', Labels[SERVER_LABEL]!, () =>
          docker.getVolume(Name).remove({ abortSignal: this.#engine.limit() }),
        );
  }

  /** Images that were fetched carry no label of ours, only a name. */
  async #dropTags(docker: Docker, isGone: (server: string, image: string) => boolean): Promise<void> {
    const prefix = `localhost/mcp/${this.#wanted.instance}/`;
    const filters = { reference: [`${prefix}*`] };
    for (const { RepoTags } of await docker.listImages({ filters, abortSignal: this.#engine.limit() }))
      for (const name of RepoTags ?? []) {
        const server = name.slice(prefix.length).replace(/:[^:]*$/, '');
        if (name.startsWith(prefix) && isGone(server, name))
          await this.#quietly('image', server, () =>
            docker.getImage(name).remove({ abortSignal: this.#engine.limit() }),
          );
      }
  }

  /** What builds have left that were cut off. */
  async #dropUnnamed(docker: Docker): Promise<void> {
    const needed = new Set(this.#wanted.all.flatMap(({ imageId, replaced }) => [imageId, replaced?.imageId]));
    for (const { Id, Labels, RepoTags } of await docker.listImages(this.#ours())) {
      const server = Labels?.[SERVER_LABEL] ?? '';
      const isNamed = (RepoTags ?? []).some((tag) => tag !== '<none>:<none>');
      if (isNamed || needed.has(Id) || this.#isBusy(server)) continue;
      await this.#quietly('image', server, () => docker.getImage(Id).remove({ abortSignal: this.#engine.limit() }));
    }
  }

  /** By its names: one that was fetched may have others, which are not ours. */
  async #dropImage(docker: Docker, tags: readonly string[], id: string, server: string): Promise<void> {
    const ours = tags.filter((tag) => tag.startsWith(`localhost/mcp/${this.#wanted.instance}/`));
    for (const name of ours.length > 0 ? ours : [id])
      await this.#quietly('image', server, () => docker.getImage(name).remove({ abortSignal: this.#engine.limit() }));
  }

  async #quietly(what: string, server: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.#log.debug('removed what nobody needs any more', { what, server });
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode === 404 || statusCode === 409) return; // gone or going, or in use: the next look sees
      this.#log.warn('could not remove what nobody needs any more', { what, server, reason: reason(error) });
    }
  }

  #ours() {
    const label = [`${INSTANCE_LABEL}=${this.#wanted.instance}`];
    return { filters: { label }, abortSignal: this.#engine.limit() };
  }
}

const forced = (docker: Docker, id: string, engine: Engine): Promise<unknown> =>
  docker.getContainer(id).remove({ force: true, abortSignal: engine.limit() });
