import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import { z } from 'zod';
import { fault } from '#kernel';
import type { NpmDistribution } from './folders.ts';

export interface PackageBin {
  /** Below the installation's folder. */
  readonly file: string;
  readonly isNodeScript: boolean;
}

const manifest = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  engines: z.looseObject({ node: z.string().optional() }).optional().catch(undefined),
});

/** What a package says of itself and what of it is run. Faults: PACKAGE_NO_BIN, PACKAGE_NODE_TOO_OLD. */
export function packageBin(folder: string, distribution: NpmDistribution): PackageBin {
  const own = path.join(folder, 'node_modules', distribution.package);
  const parsed = manifest.safeParse(readJson(path.join(own, 'package.json')));
  if (!parsed.success) throw noBin(distribution, 'its package.json cannot be read');
  checkNode(distribution, parsed.data.engines?.node);
  const target = choose(distribution, parsed.data.bin);
  const real = realFile(path.join(own, target));
  if (real === undefined) throw noBin(distribution, `its bin "${target}" is not in the package`);
  if (!real.startsWith(`${realpathSync(own)}${path.sep}`))
    throw noBin(distribution, `its bin "${target}" leads out of the package`);
  return { file: path.relative(realpathSync(folder), real), isNodeScript: isNodeScript(real) };
}

/** Does this Node fit the range that a package asks for? A range that is none asks for nothing. */
export function checkNode({ package: name, version }: NpmDistribution, range: string | undefined): void {
  if (range === undefined || satisfies(process.version, range, { includePrerelease: true })) return;
  if (!/\d|\*/.test(range)) return;
  throw fault('PACKAGE_NODE_TOO_OLD', `${name}@${version} asks for Node ${range}, this is ${process.version}`, {
    kind: 'unavailable',
    hint: 'run this program with such a Node, or take another version of the package',
  });
}

function choose(distribution: NpmDistribution, bin: string | Record<string, string> | undefined): string {
  const short = distribution.package.split('/').at(-1)!;
  const bins = typeof bin === 'string' ? { [short]: bin } : (bin ?? {});
  const names = Object.keys(bins);
  const wanted = distribution.bin ?? (names.length === 1 ? names[0]! : short);
  const target = Object.hasOwn(bins, wanted) ? bins[wanted] : undefined;
  if (target !== undefined) return target;
  if (names.length === 0) throw noBin(distribution, 'it is a library, or is started in another way');
  throw fault('PACKAGE_NO_BIN', `${distribution.package}@${distribution.version} has no bin "${wanted}"`, {
    kind: 'invalid',
    alternatives: names,
    hint: 'name one of its bins',
  });
}

const noBin = ({ package: name, version }: NpmDistribution, why: string) =>
  fault('PACKAGE_NO_BIN', `${name}@${version} has no bin that could be run: ${why}`, {
    kind: 'invalid',
    hint: 'look at its documentation: it may not be an MCP server',
  });

/** By its first line, as a shell would; without one by its name. */
function isNodeScript(file: string): boolean {
  const head = Buffer.alloc(256);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, head, 0, head.length, 0);
  } finally {
    closeSync(handle);
  }
  const first = head.toString('latin1').split('\n', 1)[0]!;
  return first.startsWith('#!') ? /\bnode(?:js)?\b/.test(first) : /\.[cm]?[jt]s$/.test(file) || !head.includes(0);
}

function realFile(file: string): string | undefined {
  try {
    const real = realpathSync(file);
    return statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
