import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** `localhost/`: a missing one fails at once instead of being looked for on the internet. */
export const BASE_IMAGE = 'localhost/mcp-node:test';

/** Programs that are loaded by name at run time, so that no list of libraries shows them. */
const LOADED_BY_NAME = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2', 'librt.so.1', 'libutil.so.1'];

/**
 * An image out of this machine's own files: Node, the libraries that it needs, busybox as shell. Made again only where this
 * recipe or Node changed.
 */
export async function importBaseImage(socket: string, dir: string): Promise<void> {
  const docker = (...args: string[]): string =>
    execFileSync('docker', ['-H', `unix://${socket}`, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const recipe = createHash('sha256')
    .update(fs.readFileSync(import.meta.filename))
    .update(process.version);
  const stamp = recipe.digest('hex').slice(0, 16);
  if (stampOf(docker) === stamp) return;
  const stage = fs.mkdtempSync(path.join(dir, 'stage-'));
  try {
    fill(stage);
    const changes = [`LABEL recipe=${stamp}`, `ENV NODE_VERSION=${process.versions.node}`, 'ENV PATH=/usr/bin:/bin'];
    changes.push('ENV LANG=C.UTF-8', 'CMD ["node"]');
    const tar = path.join(stage, 'image.tar');
    execFileSync('tar', ['-C', stage, '--numeric-owner', '--exclude=./image.tar', '-cf', tar, '.']);
    docker('import', ...changes.flatMap((change) => ['-c', change]), tar, BASE_IMAGE);
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}

function stampOf(docker: (...args: string[]) => string): string {
  try {
    return docker('image', 'inspect', '-f', '{{index .Config.Labels "recipe"}}', BASE_IMAGE).trim();
  } catch {
    return '';
  }
}

function fill(stage: string): void {
  const at = (file: string): string => path.join(stage, file);
  for (const folder of ['bin', 'usr/bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'run', 'root', 'home/node'])
    fs.mkdirSync(at(folder), { recursive: true });
  fs.chmodSync(at('tmp'), 0o1777);
  fs.chownSync(at('home/node'), 1_000, 1_000);
  fs.writeFileSync(at('etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n');
  fs.writeFileSync(at('etc/group'), 'root:x:0:\nnode:x:1000:\n');
  fs.writeFileSync(at('etc/nsswitch.conf'), 'hosts: files dns\n');
  const busybox = fs.realpathSync('/bin/busybox');
  const node = fs.realpathSync(process.execPath);
  fs.copyFileSync(busybox, at('bin/busybox'));
  for (const name of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    if (name !== 'busybox') fs.symlinkSync('busybox', at(`bin/${name}`));
  fs.copyFileSync(node, at('usr/bin/node'));
  const needed = [...librariesOf(node), ...librariesOf(busybox)];
  const libc = needed.find((file) => path.basename(file) === 'libc.so.6');
  const byName = libc === undefined ? [] : LOADED_BY_NAME.map((name) => path.join(path.dirname(libc), name));
  for (const file of [...needed, ...byName]) {
    if (!fs.existsSync(file) || fs.existsSync(at(file))) continue;
    fs.mkdirSync(path.dirname(at(file)), { recursive: true });
    fs.copyFileSync(fs.realpathSync(file), at(file));
  }
}

function librariesOf(program: string): string[] {
  try {
    const list = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...list.matchAll(/(\/\S+)/g)].map(([, file]) => file!);
  } catch {
    return []; // linked statically
  }
}
