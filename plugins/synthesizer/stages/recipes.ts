import { fault } from '#kernel';
import type { EssenceStrategy, EvolveStrategy, SeedCheck, SeedStrategy } from '../api.ts';
import { textHash } from '../asking/call-key.ts';
import type { SynthesizerConfig } from '../config.ts';
import type { RecipeNames } from '../store/state.ts';

export interface Strategies {
  readonly essences: ReadonlyMap<string, EssenceStrategy>;
  readonly seeds: ReadonlyMap<string, SeedStrategy>;
  readonly evolutions: ReadonlyMap<string, EvolveStrategy>;
  readonly checks: ReadonlyMap<string, SeedCheck>;
}
interface Chosen<T> {
  readonly name: string;
  readonly strategy: T;
  /** Changes when what it makes may change: then it is made anew, from kept answers where nothing new is asked. */
  readonly recipe: string;
}
export interface Recipes {
  readonly essence: Chosen<EssenceStrategy>;
  readonly seed: Chosen<SeedStrategy>;
  readonly evolve: Chosen<EvolveStrategy>;
  readonly checks: readonly { readonly name: string; readonly check: SeedCheck }[];
  /** Of everything that decides what is made. */
  readonly hash: string;
}

export const namesOf = ({ hash, essence, seed, evolve }: Recipes): RecipeNames => ({
  hash,
  essence: essence.name,
  seed: seed.name,
  evolve: evolve.name,
});

/** Those that need nothing but the record; what else a pipeline provides is named to be used. */
const CHECKS = ['well-formed', 'expected-tools', 'arguments', 'step-bound', 'answer-leak', 'recorded-results'] as const;

/** The strategies that the configuration names and that lack nothing. Fault STRATEGY_LACKS (`unavailable`) where none is left. */
export function chooseRecipes(config: SynthesizerConfig, from: Strategies): Recipes {
  const essence = choose('essence', config.essence ?? ['llm', 'structural'], from.essences);
  const seed = choose('seed', config.seed ?? ['llm', 'variation'], from.seeds);
  const evolve = choose('evolve', [config.evolve ?? 'none'], from.evolutions);
  const named = config.checks ?? CHECKS.filter((name) => from.checks.has(name));
  const checks = named.map((name) => ({ name, check: present('checks', name, from.checks) }));
  const made = textHash(`${essence.recipe} ${seed.recipe} ${named.join(' ')}`);
  return {
    essence,
    seed: { ...seed, recipe: made },
    evolve: { ...evolve, recipe: textHash(`${made} ${evolve.recipe}`) },
    checks,
    hash: textHash(`${made} ${evolve.recipe} ${config.contamination} ${config.nearDuplicate}`),
  };
}

interface Strategy {
  readonly lacks?: string | undefined;
  readonly recipe?: string;
}

function choose<T extends Strategy>(what: string, names: readonly string[], from: ReadonlyMap<string, T>): Chosen<T> {
  const lacking: string[] = [];
  for (const name of names) {
    const strategy = present(what, name, from);
    if (strategy.lacks === undefined)
      return { name, strategy, recipe: textHash(`${what} ${name} ${strategy.recipe ?? ''}`) };
    lacking.push(`${name}: ${strategy.lacks}`);
  }
  throw fault('STRATEGY_LACKS', `no strategy of synthesizer.${what} can work: ${lacking.join('; ')}`, {
    kind: 'unavailable',
    alternatives: [...from.keys()],
    hint: 'configure what it lacks, or name another',
  });
}

function present<T>(what: string, name: string, from: ReadonlyMap<string, T>): T {
  const found = from.get(name);
  if (found !== undefined) return found;
  throw fault('STRATEGY_UNKNOWN', `synthesizer.${what} names "${name}", which no plugin provides`, {
    kind: 'invalid',
    alternatives: [...from.keys()],
  });
}
