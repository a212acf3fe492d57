import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Header, Pack } from 'tar-stream';
import { fault } from '#kernel';

const MIB = 1024 * 1024;
/** The same files give the same layers, whenever they were copied. */
const EPOCH = new Date(0);
const LEFT_OUT = new Set(['.git']);

export interface ContextFile {
  readonly name: string;
  readonly content: string | Buffer;
}
export interface Context {
  readonly files: readonly ContextFile[];
  /** Empty folders. */
  readonly folders: readonly string[];
  /** Folders of this machine, by the name that they get. */
  readonly trees: readonly { readonly from: string; readonly to: string }[];
}

/** A build context as a tar stream. It fails with IMAGE_CONTEXT_TOO_LARGE rather than fill the engine's disk. */
export async function packContext(context: Context, mostMb: number, signal: AbortSignal): Promise<Readable> {
  const { default: tar } = await import('tar-stream');
  const pack = tar.pack();
  const budget = { left: mostMb * MIB, mostMb };
  fill(pack, context, budget, signal).then(
    () => pack.finalize(),
    (error: Error) => pack.destroy(error),
  );
  return pack as unknown as Readable;
}

interface Budget {
  left: number;
  readonly mostMb: number;
}

async function fill(pack: Pack, context: Context, budget: Budget, signal: AbortSignal): Promise<void> {
  for (const name of context.folders) pack.entry({ name, type: 'directory', mode: 0o755, mtime: EPOCH });
  for (const { name, content } of context.files) pack.entry({ name, mode: 0o644, mtime: EPOCH }, content);
  for (const { from, to } of context.trees) await addTree(pack, from, to, budget, signal);
}

async function addTree(pack: Pack, from: string, to: string, budget: Budget, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const entries = await readdir(from, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (LEFT_OUT.has(entry.name)) continue;
    const source = path.join(from, entry.name);
    const name = to === '' ? entry.name : `${to}/${entry.name}`;
    const info = await lstat(source);
    const header: Partial<Header> & { name: string } = { name, mode: modeOf(info), mtime: EPOCH };
    if (info.isSymbolicLink()) pack.entry({ ...header, type: 'symlink', linkname: await readlink(source) });
    else if (info.isDirectory()) {
      pack.entry({ ...header, type: 'directory' });
      await addTree(pack, source, name, budget, signal);
    } else if (info.isFile()) {
      budget.left -= info.size;
      if (budget.left < 0)
        throw fault('IMAGE_CONTEXT_TOO_LARGE', `what the image is built of is larger than ${budget.mostMb} MiB`, {
          kind: 'too_large',
          hint: 'raise containers.contextMb where this is expected',
        });
      await pipeline(createReadStream(source), pack.entry({ ...header, size: info.size }), { signal });
    }
  }
}

/** Readable by the server's user, whoever it is. */
const modeOf = (info: Stats): number => (info.isDirectory() || (info.mode & 0o100) !== 0 ? 0o755 : 0o644);
