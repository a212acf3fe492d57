import { parseArgs } from 'node:util';
import type { Provisions, Requirements } from '../contract.ts';
import { findAll, findPipeline, loadAll, pluginDirs } from '../examine.ts';
import { readPipeline, type Source } from '../pipeline.ts';
import { showPlace } from '../problem.ts';
import { isAll, isMany, tokenId } from '../token.ts';

/** Plugins in the folders that are always searched, and in those of the pipeline that is named. */
export async function list(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const none: Source = { file: '', files: [], text: '', tree: undefined, problems: [] };
  const [name] = positionals;
  const source = name === undefined ? none : readPipeline(findPipeline(name), process.env);
  const { folders } = findAll(pluginDirs(source));
  const loaded = await loadAll([...folders.values()]);
  const rows = [...loaded.values()]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, dir, spec, failure }) =>
      spec === undefined
        ? { name, dir, problem: failure && `${showPlace(failure.at)} ${failure.what}` }
        : {
            name,
            dir,
            summary: spec.summary,
            provides: offers(spec.provides ?? {}),
            requires: needs(spec.requires ?? {}),
            optional: needs(spec.optional ?? {}),
          },
    );
  if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else for (const row of rows) process.stdout.write(show(row));
  return 0;
}

const offers = (provides: Provisions): string[] =>
  Object.values(provides).map((offer) => (isMany(offer) ? `${tokenId(offer.many)}:${offer.name}` : tokenId(offer)));
const needs = (requires: Requirements): string[] =>
  Object.values(requires).map((need) => (isAll(need) ? `all ${tokenId(need.all)}` : tokenId(need)));

interface Row {
  readonly name: string;
  readonly problem?: string | undefined;
  readonly summary?: string;
  readonly provides?: readonly string[];
  readonly requires?: readonly string[];
  readonly optional?: readonly string[];
}

function show(row: Row): string {
  const line = (label: string, names: readonly string[] = []): string =>
    names.length === 0 ? '' : `    ${label} ${names.join(', ')}\n`;
  return `${row.name}\n    ${row.summary ?? `broken: ${row.problem}`}\n${line('provides', row.provides)}${line('requires', row.requires)}${line('optional', row.optional)}`;
}
