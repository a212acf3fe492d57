import fs from 'node:fs';
import path from 'node:path';
import { type Environment, substitute } from './environment.ts';
import { nearest, reason } from './errors.ts';
import { didYouMean, type Place, type Problem, showFile } from './problem.ts';
import { childOf, type MapTree, mergeTrees, parseTree, type Tree } from './tree.ts';

/** A pipeline as it was read: includes merged, environment filled in, nothing judged yet. */
export interface Source {
  readonly file: string;
  /** The file and everything that it includes, also what could not be read: editing any of them is a change. */
  readonly files: readonly string[];
  /** Of all of them, as they were read. */
  readonly text: string;
  /** Undefined when the file itself cannot be read as a map. */
  readonly tree: MapTree | undefined;
  readonly problems: readonly Problem[];
}

export function readPipeline(file: string, env: Environment): Source {
  const root = path.resolve(file);
  const reader = new Reader(env);
  const merged = reader.read(root, { file: root, line: 1, column: 1 }, []);
  const filled = merged === undefined ? undefined : substitute(merged, env, reader.problems);
  const tree = filled?.kind === 'map' ? filled : undefined;
  if (filled !== undefined && filled.kind !== 'map')
    reader.problems.push({ at: filled.at, code: 'PIPELINE_INVALID', what: 'a pipeline is a map of keys' });
  return { file: root, files: [...reader.files], text: reader.text, tree, problems: reader.problems };
}

/** The plugin that an id names: `cache/second` is another instance of `cache`. */
export const pluginOf = (id: string): string => id.split('/', 1)[0]!;

const pluginsIn = ({ tree }: Source): [id: string, options: Tree][] => {
  const plugins = childOf(tree, 'plugins');
  return plugins?.kind === 'map' ? [...plugins.entries].map(([id, { value }]) => [id, value]) : [];
};

/** The ids that a pipeline turns on, whether or not they exist. */
export const namedIds = (source: Source): string[] =>
  pluginsIn(source).flatMap(([id, options]) => (options.kind === 'scalar' && options.value === 'off' ? [] : [id]));

/** The plugins that a pipeline mentions, also to turn them off. */
export const writtenNames = (source: Source): Set<string> => new Set(pluginsIn(source).map(([id]) => pluginOf(id)));

/** Whether folders that it does not mention are loaded. */
export function takesDrops(source: Source): boolean {
  const drop = childOf(source.tree, 'drop');
  return drop?.kind === 'scalar' && drop.value === true;
}

function yamlFiles(dir: string): string[] {
  try {
    return fs.readdirSync(dir).filter((name) => /\.ya?ml$/.test(name));
  } catch {
    return [];
  }
}

class Reader {
  readonly env: Environment;
  readonly files = new Set<string>();
  readonly problems: Problem[] = [];
  text = '';
  constructor(env: Environment) {
    this.env = env;
  }

  read(file: string, from: Place, including: readonly string[]): Tree | undefined {
    this.files.add(file);
    let text: string;
    try {
      text = fs.readFileSync(file, 'utf8');
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      this.problems.push({
        at: from,
        code: including.length === 0 ? 'PIPELINE_MISSING' : 'INCLUDE_MISSING',
        what: missing ? `there is no file ${showFile(file)}` : `cannot read ${showFile(file)}: ${reason(error)}`,
        hint: didYouMean(nearest(path.basename(file), yamlFiles(path.dirname(file)))),
      });
      return undefined;
    }
    this.text += text;
    const { tree, problems } = parseTree(text, file);
    this.problems.push(...problems);
    if (tree === undefined) {
      if (problems.length === 0) this.problems.push({ at: from, code: 'PIPELINE_EMPTY', what: `${file} is empty` });
      return undefined;
    }
    if (tree.kind !== 'map') return tree;
    return this.withIncludes(tree, file, [...including, file]);
  }

  private withIncludes(tree: MapTree, file: string, including: readonly string[]): Tree {
    const include = tree.entries.get('include');
    this.checkVersion(tree, file);
    const own: MapTree = { ...tree, entries: new Map([...tree.entries].filter(([key]) => key !== 'include')) };
    if (include === undefined) return own;
    const list = include.value.kind === 'list' ? include.value.items : [include.value];
    let under: Tree | undefined;
    for (const item of list) {
      const filled = substitute(item, this.env, this.problems);
      if (filled?.kind !== 'scalar' || typeof filled.value !== 'string') {
        this.problems.push({
          at: item.at,
          code: 'PIPELINE_INVALID',
          what: 'include: expected paths of pipeline files',
          hint: 'include: [base/common.yaml]',
        });
        continue;
      }
      const wanted = path.resolve(path.dirname(file), filled.value);
      if (including.includes(wanted)) {
        const chain = [...including.slice(including.indexOf(wanted)), wanted].map((each) => path.basename(each));
        this.problems.push({
          at: item.at,
          code: 'INCLUDE_CYCLE',
          what: `files include each other in a circle: ${chain.join(' -> ')}`,
          hint: 'remove one of these includes',
        });
        continue;
      }
      const included = this.read(wanted, item.at, including);
      if (included !== undefined) under = under === undefined ? included : mergeTrees(under, included);
    }
    return mergeTrees(under, own);
  }

  private checkVersion(tree: MapTree, file: string): void {
    const version = tree.entries.get('kernel');
    if (version === undefined)
      this.problems.push({
        at: { file, line: 1, column: 1 },
        code: 'PIPELINE_KERNEL',
        what: 'the key "kernel" is missing',
        hint: 'begin the file with kernel: 1',
      });
    else if (version.value.kind !== 'scalar' || version.value.value !== 1)
      this.problems.push({
        at: version.value.at,
        code: 'PIPELINE_KERNEL',
        what: 'this kernel reads pipelines of version 1',
        hint: 'kernel: 1',
      });
  }
}
