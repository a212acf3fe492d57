import path from 'node:path';
import { checkConfig, masked } from './check-config.ts';
import { checkNames, checkWiring, providers } from './check-wiring.ts';
import type { AnyPlugin } from './contract.ts';
import { nearest, reason } from './errors.ts';
import { type PipelineKeys, pipelineSchema } from './limits.ts';
import { namedIds, pluginOf, type Source, takesDrops } from './pipeline.ts';
import type { Catalog, Plan, PlanEntry, Wiring } from './plan.ts';
import { didYouMean, type Place, type Problem, showPlace, sortProblems } from './problem.ts';
import { MAIN } from './services.ts';
import { tokenId } from './token.ts';
import { childOf, type MapTree, toValue } from './tree.ts';

export interface Checked {
  readonly plan: Plan | undefined;
  readonly problems: readonly Problem[];
}

const CONFIG_CODES = { unknown: 'CONFIG_UNKNOWN_KEY', invalid: 'CONFIG_INVALID', missing: 'CONFIG_MISSING' };
const KEY_CODES = { unknown: 'PIPELINE_UNKNOWN_KEY', invalid: 'PIPELINE_INVALID', missing: 'PIPELINE_MISSING_KEY' };
const ID = /^[a-z][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)?$/;

/** Pure: the plan for a pipeline, or everything that is wrong with it. `dropped` are plugins to add with default options. */
export function checkPipeline(source: Source, catalog: Catalog, dropped: readonly string[] = []): Checked {
  const top: Place = { file: source.file, line: 1, column: 1 };
  const problems: Problem[] = [...source.problems];
  if (source.tree === undefined) return { plan: undefined, problems };
  const { value, problems: keyProblems } = checkConfig({
    owner: '',
    schema: pipelineSchema,
    tree: source.tree,
    at: top,
    codes: KEY_CODES,
  });
  problems.push(...keyProblems.filter((problem) => !/^kernel\b/.test(problem.what)));
  const keys = value as PipelineKeys | undefined;
  const entries: PlanEntry[] = [];
  const plugins = childOf(source.tree, 'plugins');
  const ids = namedIds(source);
  if (ids.length === 0 && (plugins === undefined || plugins.kind === 'map') && !takesDrops(source))
    problems.push({
      at: (source.tree.entries.get('plugins') ?? { at: top }).at,
      code: 'PIPELINE_EMPTY',
      what: 'this pipeline names no plugin',
      hint: `plugins: { ${catalog.folders.keys().next().value ?? 'name'}: {} }`,
    });
  if (plugins?.kind === 'map')
    for (const id of ids) {
      const { at, value: tree } = plugins.entries.get(id)!;
      if (tree.kind !== 'map' && !(tree.kind === 'scalar' && tree.value === null)) {
        problems.push({
          at: tree.at,
          code: 'CONFIG_INVALID',
          what: `${id}: expected options or off, got ${masked(toValue(tree))}`,
          hint: `${id}: {}`,
        });
        continue;
      }
      const entry = checkEntry(id, at, tree.kind === 'map' ? tree : undefined, catalog, problems);
      if (entry !== undefined) entries.push(entry);
    }
  for (const name of dropped) {
    const at: Place = { file: catalog.folders.get(name)?.index ?? name, line: 1, column: 1 };
    const entry = checkEntry(name, at, undefined, catalog, problems);
    if (entry !== undefined) entries.push(entry);
  }
  const wiring = checkWiring(entries, catalog, problems);
  checkNames(entries, wiring, catalog, problems);
  if (keys?.mode === 'cli') checkMain(wiring, catalog, childOf(source.tree, 'mode')?.at ?? top, problems);
  const sorted = sortProblems(problems, source.file);
  if (sorted.length > 0 || keys === undefined) return { plan: undefined, problems: sorted };
  const name = keys.name ?? path.basename(source.file).replace(/\.ya?ml$/, '');
  const order = new Map(wiring.order.map((id, index) => [id, index]));
  entries.sort((a, b) => order.get(a.id)! - order.get(b.id)!);
  return { plan: { ...wiring, file: source.file, name, keys, entries }, problems: [] };
}

function checkEntry(
  id: string,
  at: Place,
  tree: MapTree | undefined,
  catalog: Catalog,
  problems: Problem[],
): PlanEntry | undefined {
  if (!ID.test(id)) {
    problems.push({
      at,
      code: 'PLUGIN_ID',
      what: `"${id}" is not an id`,
      hint: 'write plugin or plugin/label, in lower case letters, digits and hyphens',
    });
    return undefined;
  }
  const name = pluginOf(id);
  const loaded = catalog.loaded.get(name);
  if (loaded === undefined) {
    const known = [...catalog.folders.keys()];
    problems.push({
      at,
      code: 'PLUGIN_UNKNOWN',
      what: `no plugin named "${name}"`,
      hint: didYouMean(nearest(name, known)) ?? 'see kernel list',
    });
    return undefined;
  }
  const hidden = catalog.hidden.find((folder) => folder.name === name);
  if (hidden !== undefined)
    problems.push({
      at,
      code: 'PLUGIN_TWICE',
      what: `plugin "${name}" is in ${path.dirname(loaded.dir)} and in ${path.dirname(hidden.dir)}`,
      hint: 'rename one of the two',
    });
  const { spec, failure } = loaded;
  if (spec === undefined) {
    problems.push({
      at,
      code: failure?.code ?? 'PLUGIN_SHAPE',
      what: `plugin "${name}" cannot be used: ${failure ? `${showPlace(failure.at)} ${failure.what}` : 'no index file'}`,
      hint: failure?.hint,
    });
    return undefined;
  }
  const checked = checkConfig({ owner: id, schema: spec.config, tree, at, codes: CONFIG_CODES });
  problems.push(...checked.problems);
  const raw = JSON.stringify(tree === undefined ? {} : toValue(tree));
  const valid = checked.problems.length === 0;
  const claims = valid ? claimsOf(id, at, spec, checked.value, problems) : [];
  return { id, name, at, plugin: { ...loaded, spec }, config: checked.value, tree, raw, claims };
}

function claimsOf(id: string, at: Place, spec: AnyPlugin, config: unknown, problems: Problem[]): readonly string[] {
  try {
    return spec.resources?.(config as never) ?? [];
  } catch (error) {
    problems.push({ at, code: 'PLUGIN_SHAPE', what: `resources() of "${id}" failed: ${reason(error)}` });
    return [];
  }
}

function checkMain({ mains }: Wiring, catalog: Catalog, at: Place, problems: Problem[]): void {
  if (mains.length === 1) return;
  const known = providers(catalog, MAIN).join(', ');
  problems.push({
    at,
    code: 'MODE_NEEDS',
    what: `mode "cli" needs one plugin that provides "${tokenId(MAIN)}"; this pipeline has ${mains.join(' and ') || 'none'}`,
    hint: mains.length > 0 ? 'turn one of them off' : known && `add one of: ${known}`,
  });
}
