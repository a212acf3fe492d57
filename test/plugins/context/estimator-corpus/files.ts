import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One text, and where it is from. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

const listings = new Map<string, string[]>();

/** Every file below the folder, without following links; an empty list where there is none. */
function listing(root: string): string[] {
  let files = listings.get(root);
  if (files === undefined) {
    files = [];
    const folders = [root];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      let entries: fs.Dirent[] = [];
      try {
        entries = fs.readdirSync(folder, { withFileTypes: true });
      } catch {}
      for (const entry of entries) {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) folders.push(file);
        else if (entry.isFile()) files.push(file);
      }
    }
    listings.set(root, files);
  }
  return files;
}

/** Files below the folders whose path matches, in an order that is always the same and mixes the folders. */
export function* find(
  roots: readonly string[],
  pattern: RegExp,
  { minBytes = 1_500, maxBytes = 600_000 } = {},
): Generator<string> {
  const found = roots.flatMap(listing).filter((file) => pattern.test(file));
  const order = found.map((file, i) => ({ file, i, at: hash(nameOf(file)) }));
  for (const { file } of order.sort((a, b) => a.at - b.at || a.i - b.i)) {
    const { size } = fs.statSync(file);
    if (size >= minBytes && size <= maxBytes) yield file;
  }
}

/** The end of a path says what a file is on every machine. */
const nameOf = (file: string): string => file.split(path.sep).slice(-3).join('/');

export function* sourcesOf(
  files: Iterable<string>,
  plain: (text: string) => string = (text) => text,
): Generator<Source> {
  for (const file of files) {
    const text = plain(read(file));
    if (text.length >= 400) yield { name: nameOf(file), text };
  }
}

/** As text; unpacked where it is packed. Empty where it is not UTF-8. */
export function read(file: string): string {
  const bytes = fs.readFileSync(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  } catch {
    return '';
  }
}

/** What a browser would show of a page. */
export const plainHtml = (html: string): string =>
  html
    .replace(/^[\s\S]*?<body[^>]*>|<(script|style)[\s\S]*?<\/\1>/gi, '')
    .replace(/<(?:p|div|li|tr|h\d|br|pre|dt|dd)\b[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;|&#8220;|&#8221;/g, '"')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&amp;/g, '&')
    .replace(/[ \t]+/g, ' ')
    .replace(/ *\n[ \n]*/g, '\n');

/** A manual page without its formatting, roughly. */
export const plainManual = (roff: string): string =>
  roff
    .replace(/^['.]\\".*$/gm, '')
    .replace(/^\.(?:SH|SS|B|I|BR|IR|BI|RB|RI|TP|IP)\b ?/gm, '')
    .replace(/^\..*$/gm, '')
    .replace(/\\f(?:\[\w*\]|\(..|.)|\\&|\\\|/g, '')
    .replace(/\\-/g, '-')
    .replace(/\\\(em/g, '—')
    .replace(/\\\[?\(?\w\w\]?/g, '')
    .replace(/\n{2,}/g, '\n');

/** The translations of a compiled gettext catalogue. */
export function catalogue(file: string): string[] {
  const bytes = fs.readFileSync(file);
  if (bytes.length < 28 || bytes.readUInt32LE(0) !== 0x950412de) return [];
  const table = bytes.readUInt32LE(16);
  const texts: string[] = [];
  for (let i = 1; i < bytes.readUInt32LE(8); i++) {
    const at = bytes.readUInt32LE(table + 8 * i + 4);
    texts.push(bytes.toString('utf8', at, at + bytes.readUInt32LE(table + 8 * i)).replace(/\0/g, '\n'));
  }
  return texts;
}

/** FNV-1a, so that the halves are the same on every machine. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
