import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Launch } from '#plugins/tool-registry/api';
import { Dock } from '../plugins/containers/dock.ts';
import { DockerEngine } from '../support/docker-engine.ts';

// The same server as a plain process and in a container behind the bridge, side by side in one run: until it is connected,
// and per call. Also what saving, loading and building an image cost.
const STARTS = 8;
const CALLS = 400;
const { signal } = new AbortController();

const engine = await DockerEngine.open();
const dock = await Dock.open(engine, { watchMs: 60_000 });
try {
  const plan = dock.plan('calm');
  const build = await timed(() => dock.install(plan));
  const [image] = dock.images.list();
  await dock.images.remove(image!.image);
  const save = await timed(() => dock.images.save(image!.image, signal));
  dock.docker('rmi', '-f', image!.image);
  const load = await timed(() => dock.images.restore(image!.image, signal));
  const mib = Math.round(image!.bytes / 1024 / 1024);
  console.log(`install ${build} ms; save ${save} ms, load ${load} ms for a tar of ${mib} MiB`);

  const server = path.join(dock.dir, 'server.cjs');
  writeFileSync(server, readFileSync(path.join(import.meta.dirname, '../fixtures/container-servers/server.cjs')));
  const ways: Record<string, Launch> = {
    process: { kind: 'stdio', command: process.execPath, args: [server], env: {} },
    container: await dock.runner.launch(plan),
  };
  const starts: Record<string, number[]> = { process: [], container: [] };
  const calls: Record<string, number[]> = { process: [], container: [] };
  for (let round = 0; round < STARTS; round++)
    for (const [name, launch] of Object.entries(ways)) {
      const before = performance.now();
      const guest = await dock.connectTo(launch);
      starts[name]!.push(performance.now() - before);
      for (let call = 0; call < CALLS / STARTS; call++) {
        const begun = performance.now();
        await guest.call('echo', { text: 'x' });
        calls[name]!.push(performance.now() - begun);
      }
      await guest.client.close();
    }
  for (const name of Object.keys(ways))
    console.log(
      `${name.padEnd(10)} connected p50 ${quantile(starts[name]!, 0.5)} ms;` +
        ` call p50 ${quantile(calls[name]!, 0.5)} ms, p95 ${quantile(calls[name]!, 0.95)} ms`,
    );
} finally {
  await dock.close();
  await engine.close();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return Math.round(performance.now() - before);
}

function quantile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(2);
}
