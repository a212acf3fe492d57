import type { AnyPlugin } from './contract.ts';
import { nearest } from './errors.ts';
import type { Catalog, Offer, PlanEntry, Wiring } from './plan.ts';
import { didYouMean, type Problem } from './problem.ts';
import { visitStrings } from './schema.ts';
import { KERNEL, MAIN } from './services.ts';
import { type All, isAll, isMany, type Many, type Token, tokenId } from './token.ts';
import { findTree } from './tree.ts';

const offersOf = (spec: AnyPlugin): [key: string, offer: Token<unknown> | Many<unknown>][] =>
  Object.entries(spec.provides ?? {});

type Need = [key: string, need: Token<unknown> | All<unknown>];
const needsOf = (spec: AnyPlugin): { required: Need[]; optional: Need[] } => ({
  required: Object.entries(spec.requires ?? {}),
  optional: Object.entries(spec.optional ?? {}),
});

/** What `create` of a plugin is given: all that it requires, and of the optional what is there. */
export function servedNeeds(spec: AnyPlugin, wiring: Wiring): Need[] {
  const { required, optional } = needsOf(spec);
  return [...required, ...optional].filter(([, need]) => isAll(need) || wiring.single.has(need) || need === KERNEL);
}

export const providers = (catalog: Catalog, service: symbol, name?: string): string[] =>
  [...catalog.loaded.values()].flatMap((plugin) =>
    plugin.spec !== undefined &&
    offersOf(plugin.spec).some(([, offer]) =>
      isMany(offer) ? offer.many === service && (name === undefined || offer.name === name) : offer === service,
    )
      ? plugin.name
      : [],
  );

export function checkWiring(entries: readonly PlanEntry[], catalog: Catalog, problems: Problem[]): Wiring {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const single = new Map<symbol, Offer>();
  const many = new Map<symbol, Map<string, Offer>>();
  const mains: string[] = [];
  const twice = (entry: PlanEntry, what: string, first: string, hint: string): void => {
    const code = 'SERVICE_TWICE';
    problems.push({ at: entry.at, code, what: `"${what}" is provided by both "${first}" and "${entry.id}"`, hint });
  };
  for (const entry of entries)
    for (const [key, offer] of offersOf(entry.plugin.spec)) {
      const own: Offer = { id: entry.id, key };
      if (isMany(offer)) {
        const named = many.get(offer.many) ?? new Map<string, Offer>();
        many.set(offer.many, named);
        const first = named.get(offer.name);
        if (first) twice(entry, `${tokenId(offer.many)} ${offer.name}`, first.id, 'turn one of them off');
        else named.set(offer.name, own);
      } else {
        const first = offer === KERNEL ? { id: 'the kernel' } : single.get(offer);
        if (offer === MAIN) mains.push(entry.id);
        if (first && offer !== MAIN) twice(entry, tokenId(offer), first.id, `turn one of them off: ${entry.id}: off`);
        else if (!first) single.set(offer, own);
      }
    }

  const hard = new Map<string, Set<string>>();
  const soft = new Map<string, Set<string>>();
  for (const entry of entries) {
    const must = new Set<string>();
    const may = new Set<string>();
    hard.set(entry.id, must);
    soft.set(entry.id, may);
    const { required, optional } = needsOf(entry.plugin.spec);
    for (const [, need] of [...required, ...optional])
      if (isAll(need)) for (const offer of many.get(need.all)?.values() ?? []) may.add(offer.id);
    for (const [, need] of optional) {
      const offer = isAll(need) ? undefined : single.get(need);
      if (offer) may.add(offer.id);
    }
    for (const [, need] of required) {
      if (isAll(need) || need === KERNEL) continue;
      const offer = single.get(need);
      if (offer) must.add(offer.id);
      else problems.push(missing(entry, need, many.has(need), catalog));
    }
    may.delete(entry.id);
  }
  checkClaims(entries, problems);
  const circle = findCircle(hard);
  if (circle)
    problems.push({
      at: byId.get(circle[0]!)!.at,
      code: 'PLUGIN_CYCLE',
      what: `plugins need each other in a circle: ${[...circle, circle[0]].join(' -> ')}`,
      hint: 'make one need optional, or talk over events',
    });
  return { ...inOrder([...byId.keys()], hard, soft), single, many, mains };
}

function missing(entry: PlanEntry, need: symbol, onlyMany: boolean, catalog: Catalog): Problem {
  const known = providers(catalog, need);
  return {
    at: entry.at,
    code: 'SERVICE_MISSING',
    what: `"${entry.id}" needs "${tokenId(need)}", which ${onlyMany ? 'has only named providers here; require all(...) of them' : 'nothing in this pipeline provides'}`,
    hint: known.length > 0 && !onlyMany ? `add one of: ${known.join(', ')}` : undefined,
  };
}

function checkClaims(entries: readonly PlanEntry[], problems: Problem[]): void {
  const claimed = new Map<string, string>();
  for (const entry of entries)
    for (const claim of entry.claims) {
      const first = claimed.get(claim);
      if (first === undefined) claimed.set(claim, entry.id);
      else
        problems.push({
          at: entry.at,
          code: 'RESOURCE_TWICE',
          what: `${claim} is claimed by both "${first}" and "${entry.id}"`,
          hint: 'give one of them another',
        });
    }
}

/** The first circle of hard needs, as a chain of ids; a plugin that needs itself is one. */
function findCircle(needs: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, chain: readonly string[]): string[] | undefined => {
    if (chain.includes(id)) return chain.slice(chain.indexOf(id));
    if (done.has(id)) return undefined;
    for (const next of needs.get(id) ?? []) {
      const found = visit(next, [...chain, id]);
      if (found) return found;
    }
    done.add(id);
    return undefined;
  };
  for (const id of needs.keys()) {
    const found = visit(id, []);
    if (found) return found;
  }
  return undefined;
}

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

/** The pipeline's order as far as needs allow; an optional need never stops a plugin from going first. */
function inOrder(ids: readonly string[], hard: Edges, soft: Edges): Pick<Wiring, 'order' | 'uses'> {
  const order: string[] = [];
  const uses = new Map<string, Set<string>>();
  const waiting = new Set(ids);
  const free = (id: string, edges: Edges): boolean => [...(edges.get(id) ?? [])].every((need) => !waiting.has(need));
  while (waiting.size > 0) {
    const rest = [...waiting];
    const next = rest.find((id) => free(id, hard) && free(id, soft)) ?? rest.find((id) => free(id, hard)) ?? rest[0]!;
    waiting.delete(next);
    uses.set(next, new Set([...hard.get(next)!, ...soft.get(next)!].filter((id) => order.includes(id))));
    order.push(next);
  }
  return { order, uses };
}

const namesIn = (catalog: Catalog, service: symbol): string[] =>
  [...catalog.loaded.values()].flatMap(({ spec }) =>
    spec === undefined
      ? []
      : offersOf(spec).flatMap(([, offer]) => (isMany(offer) && offer.many === service ? offer.name : [])),
  );

/** Options that name a provider of a many-valued service must name one that is there. */
export function checkNames(entries: readonly PlanEntry[], wiring: Wiring, catalog: Catalog, problems: Problem[]): void {
  for (const entry of entries) {
    // Where the options are wrong in other ways, at least what was written can be compared.
    const options = entry.config ?? JSON.parse(entry.raw);
    visitStrings(entry.plugin.spec.config, options, ({ nameOf, path, value }) => {
      if (nameOf === undefined) return;
      const service = Symbol.for(nameOf);
      const here = [...(wiring.many.get(service)?.keys() ?? [])];
      if (here.includes(value)) return;
      const [meant] = nearest(value, [...here, ...namesIn(catalog, service)]);
      const from = meant === undefined || here.includes(meant) ? [] : providers(catalog, service, meant);
      const hints = [meant === value ? undefined : didYouMean(meant === undefined ? [] : [meant])];
      if (from.length > 0) hints.push(`add plugin ${from.join(' or ')}`);
      const found = entry.tree ? findTree(entry.tree, path) : undefined;
      problems.push({
        at: found?.whole ? found.tree.at : entry.at,
        code: 'CONFIG_NAME',
        what: `${[entry.id, ...path].map(String).join('.')}: no ${nameOf} named "${value}"; there are: ${here.join(', ') || 'none'}`,
        hint: hints.filter(Boolean).join(' ') || undefined,
      });
    });
  }
}
