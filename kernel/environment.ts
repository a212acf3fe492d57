import type { Problem } from './problem.ts';
import type { Entry, ScalarTree, Tree } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${` stands for `${`; `${NAME}` must be set; `${NAME:-default}` takes the default when unset or empty. */
const SUBSTITUTION = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
const WHOLE = /^\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}$/;
const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;

/**
 * Replaces substitutions in every string below `tree`, after parsing, so that a value can never add YAML structure.
 * A scalar that is one substitution takes the type of what it gives (`port: ${PORT:-8090}` is a number); if that is
 * empty, the key counts as not written, and the option's default applies.
 */
export function substitute(tree: Tree, env: Environment, problems: Problem[]): Tree | undefined {
  if (tree.kind === 'list') {
    return { ...tree, items: tree.items.flatMap((item) => substitute(item, env, problems) ?? []) };
  }
  if (tree.kind === 'map') {
    const entries = new Map<string, Entry>();
    for (const [key, entry] of tree.entries) {
      const value = substitute(entry.value, env, problems);
      if (value !== undefined) entries.set(key, { at: entry.at, value });
    }
    return { ...tree, entries };
  }
  return typeof tree.value === 'string' && tree.value.includes('${') ? scalar(tree, tree.value, env, problems) : tree;
}

function scalar(tree: ScalarTree, written: string, env: Environment, problems: Problem[]): Tree | undefined {
  let missing = false;
  const text = written.replace(SUBSTITUTION, (found: string, name?: string, otherwise?: string) => {
    if (name === undefined) return found === '$${' ? '${' : found;
    const value = env[name];
    if (otherwise !== undefined) return value === undefined || value === '' ? otherwise : value;
    if (value !== undefined) return value;
    missing = true;
    problems.push({
      at: tree.at,
      code: 'PIPELINE_ENV',
      what: `environment variable ${name} is not set and has no default`,
      hint: `set it, or write \${${name}:-value}`,
    });
    return '';
  });
  if (missing) return undefined;
  if (!WHOLE.test(written)) return { ...tree, value: text };
  return text === '' ? undefined : { ...tree, value: typed(text), text };
}

function typed(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null' || text === '~') return null;
  return NUMBER.test(text) ? Number(text) : text;
}
