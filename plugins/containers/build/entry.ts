import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { fault } from '#kernel';

const manifest = z.looseObject({
  bin: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .catch(undefined),
  main: z.string().optional().catch(undefined),
  engines: z
    .looseObject({ node: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

export interface Entry {
  /** What Node runs, below the package's folder. */
  readonly file: string;
  /** Range of Node that the package asks for. */
  readonly node: string | undefined;
}

/** What of a package is run: its bin, the one that is named, or, for a folder, its main file. Fault PACKAGE_NO_BIN. */
export function entryOf(folder: string, name: string, wanted: string | undefined, isFolder: boolean): Entry {
  const parsed = manifest.safeParse(readJson(path.join(folder, 'package.json')));
  if (!parsed.success && !isFolder) throw noBin(name, 'its package.json cannot be read');
  const { bin, main, engines } = parsed.data ?? {};
  const short = name.split('/').at(-1)!;
  const bins = typeof bin === 'string' ? { [short]: bin } : (bin ?? {});
  const names = Object.keys(bins);
  const chosen = wanted ?? (names.length === 1 ? names[0]! : short);
  const candidates = Object.hasOwn(bins, chosen) ? [bins[chosen]!] : [];
  if (isFolder)
    candidates.push(...(main === undefined ? [] : [main]), 'server.js', 'server.mjs', 'server.cjs', 'index.js');
  else if (candidates.length === 0 && names.length > 0)
    throw fault('PACKAGE_NO_BIN', `${name} has no bin "${chosen}"`, {
      kind: 'invalid',
      alternatives: names,
      hint: 'name one of its bins',
    });
  const file = candidates.find((each) => existsSync(path.join(folder, each)));
  if (file === undefined)
    throw noBin(name, candidates.length === 0 ? 'it names none' : `${candidates[0]} is not in it`);
  const inside = path.relative(folder, path.join(folder, file));
  if (inside.startsWith('..')) throw noBin(name, `"${file}" leads out of it`);
  return { file: inside, node: engines?.node };
}

/**
 * Does this Node fit the range that a package asks for? Only what is certain is refused: a version below the lowest that
 * any of the alternatives names.
 */
export function checkNode(name: string, range: string | undefined, version: string): void {
  if (range === undefined) return;
  const lowest = range.split('||').map((part) => (/^\s*</.test(part) ? [0] : numbersIn(part)));
  if (lowest.some((each) => each.length === 0 || compare(numbersIn(version), each) >= 0)) return;
  throw fault('PACKAGE_NODE_TOO_OLD', `${name} asks for Node ${range}, the base image has ${version}`, {
    kind: 'unavailable',
    hint: 'name a newer image in containers.baseImage, or take another version of the package',
  });
}

const numbersIn = (text: string): number[] =>
  /(\d+)(?:\.(\d+))?(?:\.(\d+))?/
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0)) ?? [];

function compare(left: readonly number[], right: readonly number[]): number {
  for (let at = 0; at < 3; at++) if (left[at] !== right[at]) return (left[at] ?? 0) - (right[at] ?? 0);
  return 0;
}

const noBin = (name: string, why: string) =>
  fault('PACKAGE_NO_BIN', `${name} has no program that could be run: ${why}`, {
    kind: 'invalid',
    hint: 'look at its documentation: it may not be an MCP server',
  });

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
