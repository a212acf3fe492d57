import { atLeast } from '#plugins/trajectory-archive/api';
import type { EvolutionConfig } from '../config.ts';
import type { Evidence } from '../evidence/gather.ts';
import { safeName } from '../evidence/safe-text.ts';
import type { Draft } from './draft.ts';

const LARGEST = 12;
/** Of runs in which both are: less is an accident whatever the shares. */
const FEWEST_TOGETHER = 5;

/** Tools that are used in the same runs: who has one mostly has the other, both ways and beyond chance. */
export function toolkits({ runs, tools: known }: Evidence, { togetherFrom }: EvolutionConfig): Draft[] {
  const sets = runs.map(({ calls, scenario }) => ({ scenario, tools: new Set(calls.map(({ tool }) => tool)) }));
  const alone = new Map<string, number>();
  const both = new Map<string, number>();
  for (const { tools } of sets) {
    const ids = [...tools].sort();
    if (ids.length > LARGEST * 2) continue;
    for (const [at, one] of ids.entries()) {
      alone.set(one, (alone.get(one) ?? 0) + 1);
      for (const other of ids.slice(at + 1)) both.set(`${one}\n${other}`, (both.get(`${one}\n${other}`) ?? 0) + 1);
    }
  }
  const group = new Groups();
  for (const [pair, count] of [...both].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
    const [one, other] = pair.split('\n') as [string, string];
    const share = (id: string): number => atLeast({ uses: alone.get(id)!, successes: count });
    if (count >= FEWEST_TOGETHER && share(one) >= togetherFrom && share(other) >= togetherFrom) group.join(one, other);
  }
  return group.all.flatMap((members) => {
    const ids = [...members].sort();
    const now = ids.map((id) => known.get(id)?.tool.toolkit);
    if (ids.some((id) => !known.has(id)) || (now[0] !== undefined && now.every((name) => name === now[0]))) return [];
    const used = sets.filter(({ tools }) => ids.filter((id) => tools.has(id)).length >= 2);
    const name = nameFor(ids, now, used);
    const draft: Draft = {
      kind: 'toolkit',
      subject: name,
      tools: ids,
      gist: ids.join('\n'),
      before: ids.map((id, at) => `${id}: ${now[at] ?? 'none'}`).join(', '),
      after: `${name}: ${ids.join(', ')}`,
      grounds: `${used.length} of ${sets.length} runs use at least two of them together; ${ids.map((id) => `${id} in ${alone.get(id)} runs`).join(', ')}.`,
      learnt: Object.fromEntries(ids.map((id) => [id, { toolkit: name }])),
    };
    return [draft];
  });
}

/** What most of them are in already; else what they are used for; else where they come from. */
function nameFor(
  ids: readonly string[],
  now: readonly (string | undefined)[],
  used: readonly { readonly scenario: string | undefined }[],
): string {
  const servers = [...new Set(ids.map((id) => id.slice(0, id.indexOf('/'))))];
  const named = mostOf(now, ids.length);
  const purpose = mostOf(
    used.map(({ scenario }) => (scenario === undefined ? undefined : safeName(scenario))),
    used.length,
  );
  return named ?? purpose ?? servers.slice(0, 3).join('-and-');
}

/** What more than half of them have. */
function mostOf(values: readonly (string | undefined)[], of: number): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].find(([, count]) => count > of / 2)?.[0];
}

class Groups {
  readonly #of = new Map<string, Set<string>>();

  get all(): readonly ReadonlySet<string>[] {
    return [...new Set(this.#of.values())];
  }

  join(one: string, other: string): void {
    const a = this.#of.get(one) ?? new Set([one]);
    const b = this.#of.get(other) ?? new Set([other]);
    if (a === b || a.size + b.size > LARGEST) return;
    for (const id of b) a.add(id);
    for (const id of a) this.#of.set(id, a);
  }
}
