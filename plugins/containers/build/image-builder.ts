import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import { z } from 'zod';
import { fault, isFault, reason } from '#kernel';
import type { Distribution } from '#plugins/mcp-search/api';
import type { InstallStep, RunPlan } from '#plugins/provisioner/api';
import type { ContainersConfig } from '../config.ts';
import type { Engine } from '../engine.ts';
import { imageInfo } from '../image-info.ts';
import { RECIPE_LABEL } from '../labels.ts';
import { isRunning, ownMark } from '../process-mark.ts';
import { follow } from '../progress.ts';
import type { Recipe } from '../recipe.ts';
import { type Context, packContext } from './context.ts';
import { dockerfile } from './dockerfile.ts';
import { checkNode, entryOf } from './entry.ts';
import { npmInstall } from './npm-install.ts';
import { TAKE_ARGS } from './take-args.ts';

type Tell = (step: InstallStep) => void;
type Npm = Extract<Distribution, { kind: 'npm' }>;

export interface BuiltImage {
  readonly imageId: string;
  /** Undefined: the image's own entry point. */
  readonly entry?: string;
}

/** Makes a server's image: of an npm package, a folder, a Dockerfile, or one that is fetched. */
export class ImageBuilder {
  readonly #staging: string;
  readonly #engine: Engine;
  readonly #config: ContainersConfig;

  constructor(dir: string, engine: Engine, config: ContainersConfig) {
    this.#staging = path.join(dir, 'staging');
    this.#engine = engine;
    this.#config = config;
  }

  async build(
    plan: RunPlan,
    recipe: Recipe,
    labels: Record<string, string>,
    tell: Tell,
    signal: AbortSignal,
  ): Promise<BuiltImage> {
    const { distribution, server } = plan;
    const { docker } = this.#engine;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#config.buildMs + this.#config.installMs)]);
    const marked = { ...labels, [RECIPE_LABEL]: recipe.key };
    const { folder, dockerfile: named } = recipe.settings;
    const ownDockerfile = named || (folder !== '' && existsSync(path.join(folder, 'Dockerfile')) ? 'Dockerfile' : '');
    const staging = path.join(
      this.#staging,
      `${server}-${ownMark().replace(':', '.')}-${randomBytes(6).toString('hex')}`,
    );
    try {
      if (folder !== '' && ownDockerfile !== '') {
        const context = { files: [], folders: [], trees: [{ from: path.resolve(folder), to: '' }] };
        return { imageId: await this.#run(docker, recipe.image, context, ownDockerfile, marked, tell, limit) };
      }
      if (folder === '' && distribution.kind === 'oci')
        return await this.#fetch(docker, distribution.image, recipe, tell, limit);
      const base = await this.#nodeOf(docker, tell, limit);
      const app = path.join(staging, 'app');
      await mkdir(app, { recursive: true, mode: 0o755 });
      const file =
        folder === '' && distribution.kind === 'npm'
          ? await this.#installPackage(app, distribution, base, tell, limit)
          : await this.#copyFolder(app, path.resolve(folder), server, base, tell, limit);
      const entry = path.posix.join('/app', file.split(path.sep).join('/'));
      const made = dockerfile({ baseImage: this.#config.baseImage, user: this.#config.user, entry, labels: marked });
      const context = {
        files: [
          { name: 'Dockerfile', content: made },
          { name: 'take-args.cjs', content: TAKE_ARGS },
        ],
        folders: ['owned', 'owned/data'],
        trees: [{ from: app, to: 'app' }],
      };
      return { imageId: await this.#run(docker, recipe.image, context, 'Dockerfile', {}, tell, limit), entry };
    } catch (error) {
      if (isFault(error) || signal.aborted) throw error;
      throw fault('INSTALL_FAILED', `the image of ${server} could not be built: ${reason(error).slice(0, 1_500)}`, {
        kind: limit.aborted ? 'timeout' : 'unavailable',
        hint: limit.aborted
          ? 'raise containers.buildMs'
          : 'mend what it is built of, or the base image (containers.baseImage)',
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** What builds that were cut off have left. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#staging).catch(() => [])) {
      const mark = /-(\d+\.\d*)-[0-9a-f]{12}$/.exec(name)?.[1]?.replace('.', ':');
      if (mark === undefined || !isRunning(mark))
        await rm(path.join(this.#staging, name), { recursive: true, force: true });
    }
  }

  async #run(
    docker: Docker,
    image: string,
    context: Context,
    name: string,
    labels: Record<string, string>,
    tell: Tell,
    signal: AbortSignal,
  ): Promise<string> {
    tell({ step: 'build', message: `building ${image}`, done: 0.4 });
    const packed = await packContext(context, this.#config.contextMb, signal);
    let broken: Error | undefined;
    packed.once('error', (error: Error) => {
      broken = error;
    });
    try {
      // forcerm: a step that fails would leave its container.
      const options = { t: image, dockerfile: name, labels, forcerm: true, abortSignal: signal };
      const stream = await docker.buildImage(packed, options);
      await follow(docker, stream, (line) => tell({ step: 'build', message: line.slice(0, 200) }), signal);
    } catch (error) {
      throw broken ?? error;
    } finally {
      packed.destroy();
    }
    const built = await imageInfo(docker, image, this.#engine.limit(signal));
    if (built === undefined) throw new Error('the engine built it, and has it no more');
    return built.Id;
  }

  async #fetch(docker: Docker, from: string, recipe: Recipe, tell: Tell, signal: AbortSignal): Promise<BuiltImage> {
    const { Id: imageId } = await this.#present(docker, from, tell, signal);
    const source = docker.getImage(from);
    const [repo, tag] = splitTag(recipe.image);
    await source.tag({ repo, tag, abortSignal: this.#engine.limit(signal) });
    return { imageId };
  }

  /** Node's version in the base image, where it says so. */
  async #nodeOf(docker: Docker, tell: Tell, signal: AbortSignal): Promise<string | undefined> {
    const { Config } = await this.#present(docker, this.#config.baseImage, tell, signal);
    return (Config?.Env ?? []).find((each) => each.startsWith('NODE_VERSION='))?.slice('NODE_VERSION='.length);
  }

  async #present(docker: Docker, image: string, tell: Tell, signal: AbortSignal): Promise<Docker.ImageInspectInfo> {
    const present = await imageInfo(docker, image, this.#engine.limit(signal));
    if (present !== undefined) return present;
    const unknown = (why: string) =>
      fault('IMAGE_UNKNOWN', `the image ${image} is not here${why}`, {
        kind: 'unavailable',
        hint: 'fetch it by hand (docker pull), or name another one',
      });
    if (!this.#config.pull) throw unknown(', and fetching is switched off');
    tell({ step: 'download', message: `fetching the image ${image}`, done: 0.1 });
    try {
      const stream = await docker.pull(/[:@][^/]+$/.test(image) ? image : `${image}:latest`, { abortSignal: signal });
      await follow(docker, stream, (line) => tell({ step: 'download', message: line.slice(0, 200) }), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw unknown(` and cannot be fetched: ${reason(error).slice(0, 500)}`);
    }
    const fetched = await imageInfo(docker, image, this.#engine.limit(signal));
    if (fetched === undefined) throw unknown(' after it was fetched');
    return fetched;
  }

  async #installPackage(
    app: string,
    distribution: Npm,
    base: string | undefined,
    tell: Tell,
    signal: AbortSignal,
  ): Promise<string> {
    const { package: name, version, integrity } = distribution;
    const wanted = `${name}@${version}`;
    if (base !== undefined) checkNode(wanted, distribution.node, base);
    tell({ step: 'download', message: `npm fetches ${wanted}`, done: 0.1 });
    await writeFile(
      path.join(app, 'package.json'),
      JSON.stringify({ private: true, dependencies: { [name]: version } }),
    );
    await this.#npm(app, wanted, signal);
    await checkLock(app, distribution, integrity);
    const own = path.join(app, 'node_modules', name);
    const entry = entryOf(own, name, distribution.bin, false);
    if (base !== undefined) checkNode(wanted, entry.node, base);
    return path.relative(app, path.join(own, entry.file));
  }

  async #copyFolder(
    app: string,
    folder: string,
    server: string,
    base: string | undefined,
    tell: Tell,
    signal: AbortSignal,
  ): Promise<string> {
    tell({ step: 'copy', message: `copying ${folder}`, done: 0.1 });
    await cp(folder, app, { recursive: true, verbatimSymlinks: true }).catch((error: unknown) => {
      throw fault('INSTALL_FAILED', `the folder of ${server} cannot be copied: ${reason(error)}`, {
        kind: 'invalid',
        hint: `correct containers.servers, "folder": ${folder}`,
      });
    });
    const entry = entryOf(app, server, undefined, true);
    if (base !== undefined) checkNode(server, entry.node, base);
    if (existsSync(path.join(app, 'package.json')) && !existsSync(path.join(app, 'node_modules')))
      await this.#npm(app, server, signal);
    return entry.file;
  }

  #npm(folder: string, wanted: string, signal: AbortSignal): Promise<void> {
    const { npm, registry, installMs } = this.#config;
    return npmInstall({ folder, wanted, npm, registry, timeoutMs: installMs }, signal);
  }
}

const lockFile = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
    }),
  ),
});

/** Is it what was looked at before, and does all of it come from a registry? */
async function checkLock(app: string, { package: name, version }: Npm, integrity: string | undefined): Promise<void> {
  const { packages } = lockFile.parse(JSON.parse(await readFile(path.join(app, 'package-lock.json'), 'utf8')));
  const own = packages[`node_modules/${name}`];
  if (own?.version !== version || (integrity !== undefined && own.integrity !== integrity))
    throw fault('PACKAGE_CHANGED', `${name}@${version} is not the package that was looked at before`, {
      kind: 'conflict',
      hint: 'search again; where this comes back, the registry or something on the way is not to be trusted',
    });
  for (const [place, { resolved }] of Object.entries(packages))
    if (/^(?:git|file)[+:]/.test(resolved ?? ''))
      throw fault('INSTALL_FAILED', `${place} does not come from the registry, but from ${resolved}`, {
        kind: 'forbidden',
        hint: 'take another version of the package',
      });
}

const splitTag = (image: string): [repo: string, tag: string] => {
  const at = image.lastIndexOf(':');
  return [image.slice(0, at), image.slice(at + 1)];
};
