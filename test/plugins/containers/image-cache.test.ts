import { closeSync, openSync, readdirSync, readSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CachedImage } from '#plugins/containers/api';
import { DockerEngine } from '../../support/docker-engine.ts';
import { Dock } from './dock.ts';

const engine = await DockerEngine.find();
const { signal } = new AbortController();
const MIB = 1024 * 1024;

describe.skipIf(engine === undefined)('the image cache', () => {
  let dock: Dock;
  let plan: ReturnType<Dock['plan']>;
  let cached: CachedImage;
  beforeAll(async () => {
    dock = await Dock.open(engine!);
    plan = dock.plan('kept');
    await dock.install(plan);
    [cached] = dock.images.list() as [CachedImage];
  }, 120_000);
  afterEach(() => dock.gone('kept'));
  afterAll(async () => {
    await dock?.close();
    await engine?.close();
  }, 120_000);

  const tar = () =>
    path.join(dock.dir, 'images', readdirSync(path.join(dock.dir, 'images')).find((name) => name.endsWith('.tar'))!);
  const loseImage = () => dock.docker('rmi', '-f', cached.image);
  const hasImage = () => dock.docker('images', '-q', '--no-trunc', cached.image) === cached.id;

  test('keeps an image with its id, size and checksum; the same again is at once', async () => {
    expect(cached).toMatchObject({
      id: dock.docker('image', 'inspect', '-f', '{{.Id}}', cached.image),
      bytes: statSync(tar()).size,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const before = statSync(tar()).mtimeMs;
    expect(await dock.images.save(cached.image, signal)).toEqual(cached);
    expect(statSync(tar()).mtimeMs).toBe(before);
    await expect(dock.images.save('localhost/no-such:1', signal)).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
    await expect(dock.images.restore('localhost/no-such:1', signal)).rejects.toMatchObject({
      code: 'IMAGE_NOT_CACHED',
    });
  });

  test('container removed and image deleted: back from the tar after a restart, without the registry', async () => {
    const guest = await dock.connect(plan);
    dock.docker('rm', '-f', ...dock.containers('kept'));
    await guest.closed;
    loseImage();
    expect(hasImage()).toBe(false);
    dock.registry.status = 500;
    await dock.restart();
    await expect(dock.runner.launch(plan)).rejects.toMatchObject({ code: 'INSTALLATION_BROKEN' });
    await dock.runner.recover(plan, signal);
    expect(hasImage()).toBe(true);
    const again = await dock.connect(plan);
    expect(await again.call('echo', { text: 'back' })).toEqual({ text: 'back' });
    await again.client.close();
    dock.registry.status = undefined;
  }, 120_000);

  test('an image that is lost between launch and start comes back by itself', async () => {
    const held = await dock.runner.launch(plan);
    loseImage();
    const guest = await dock.connectTo(held);
    expect(await guest.call('echo', { text: 'back' })).toEqual({ text: 'back' });
    expect(hasImage()).toBe(true);
    await guest.client.close();
  }, 120_000);

  test('a tar that was cut short is refused, and the image is built again', async () => {
    truncateSync(tar(), Math.floor(cached.bytes / 2));
    await expect(dock.images.restore(cached.image, signal)).rejects.toMatchObject({ code: 'IMAGE_TAR_BROKEN' });
    expect(dock.images.list()).toEqual([]);
    loseImage();
    await dock.runner.recover(plan, signal);
    const guest = await dock.connect(plan);
    expect(await guest.call('echo', { text: 'new' })).toEqual({ text: 'new' });
    await guest.client.close();
    [cached] = dock.images.list() as [CachedImage];
  }, 120_000);

  test('a tar of the right length with other bytes is refused before the engine sees it', async () => {
    const file = tar();
    flip(file, Math.floor(cached.bytes / 3));
    await expect(dock.images.restore(cached.image, signal)).rejects.toMatchObject({ code: 'IMAGE_TAR_BROKEN' });
    cached = await dock.images.save(cached.image, signal);
  }, 120_000);

  test('what a kill left half done goes at the next start, and what is whole stays', async () => {
    writeFileSync(path.join(dock.dir, 'images', 'half.part'), 'x');
    writeFileSync(path.join(dock.dir, 'images', `${'0'.repeat(24)}.tar`), 'x');
    await dock.restart();
    expect(readdirSync(path.join(dock.dir, 'images')).length).toBe(2);
    expect(dock.images.list()).toEqual([cached]);
  });

  test('when it is full, the least recently used image goes', async () => {
    const size = Math.ceil(cached.bytes / MIB);
    const small = await Dock.open(engine!, { cacheMb: Math.floor(size * 2.5) });
    try {
      const names = ['a', 'b', 'c'].map((tag) => `localhost/lru-${path.basename(small.dir).toLowerCase()}:${tag}`);
      for (const name of names) small.docker('tag', cached.image, name);
      const [a, b, c] = names as [string, string, string];
      await small.images.save(a, signal);
      await small.images.save(b, signal);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await small.images.restore(a, signal);
      await small.images.save(c, signal);
      expect(
        small.images
          .list()
          .map(({ image }) => image)
          .sort(),
      ).toEqual([a, c]);
      expect(readdirSync(path.join(small.dir, 'images')).length).toBe(4);
      for (const name of names) small.docker('rmi', name);
    } finally {
      await small.close();
    }
    const tiny = await Dock.open(engine!, { cacheMb: 1 });
    await expect(tiny.images.save(cached.image, signal)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    await tiny.close();
  }, 120_000);
});

function flip(file: string, at: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  writeSync(handle, Buffer.from([byte[0]! ^ 0xff]), 0, 1, at);
  closeSync(handle);
}
