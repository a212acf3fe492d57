import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

export interface ZipEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** Of Unix, with the type; default a regular file. */
  readonly mode?: number;
  /** What the entry claims, where it lies. */
  readonly claims?: number;
  readonly flags?: number;
}

/** A zip as wrong as its entries say: no library writes those. */
export function writeZip(file: string, entries: readonly ZipEntry[]): string {
  const bodies: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content = '', mode = 0o100644, claims, flags = 0 } of entries) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const title = Buffer.from(name);
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(crc32(bytes), 0);
    sizes.writeUInt32LE(packed.length, 4);
    sizes.writeUInt32LE(claims ?? bytes.length, 8);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(0x800 | flags, 6);
    local.writeUInt16LE(8, 8);
    sizes.copy(local, 14);
    local.writeUInt16LE(title.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(0x0314, 4);
    entry.writeUInt16LE(20, 6);
    entry.writeUInt16LE(0x800 | flags, 8);
    entry.writeUInt16LE(8, 10);
    sizes.copy(entry, 16);
    entry.writeUInt16LE(title.length, 28);
    entry.writeUInt32LE((mode << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    bodies.push(local, title, packed);
    central.push(entry, title);
    offset += local.length + title.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  writeFileSync(file, Buffer.concat([...bodies, directory, end]));
  return file;
}

export type TarEntry = Partial<Header> & { readonly name: string; readonly content?: string };

export async function writeTar(
  file: string,
  entries: readonly TarEntry[],
  mend: (tar: Buffer) => Buffer = (tar) => tar,
): Promise<string> {
  const packing = pack();
  for (const { content = '', ...headers } of entries)
    headers.linkname ? packing.entry(headers) : packing.entry(headers, content);
  packing.finalize();
  const tar = await buffer(packing);
  writeFileSync(file, gzipSync(mend(tar)));
  return file;
}
