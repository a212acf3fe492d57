/**
 * What the registry costs: `node test/bench/registry.bench.ts`. Ratios compare like with like on this machine; absolute
 * times depend on it.
 */
import { Catalog } from '../../plugins/tool-registry/catalog.ts';
import { registryConfig } from '../../plugins/tool-registry/config.ts';
import { Manifests } from '../../plugins/tool-registry/manifests.ts';
import { Registry } from '../../plugins/tool-registry/registry.ts';
import { Statistics } from '../../plugins/tool-registry/statistics.ts';
import type { RegistryStore } from '../../plugins/tool-registry/store.ts';
import { spec, tool } from '../plugins/tool-registry/sample.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const noStore = {
  saveServer() {},
  dropServer() {},
  saveManifest: () => ({ launch: '', tools: '', info: '' }),
  saveHealth() {},
} as unknown as RegistryStore;

function registryOf(servers: number, toolsEach: number): Registry {
  const config = registryConfig.parse({});
  const catalog = new Catalog(silent, async () => 1000);
  const manifests = new Manifests(noStore);
  const registry = new Registry({
    config,
    log: silent,
    store: noStore,
    catalog,
    manifests,
    statistics: new Statistics(),
  });
  for (let s = 0; s < servers; s++) {
    registry.register(spec(`server-${s}`));
    registry.setTools(`server-${s}`, list(toolsEach), {});
  }
  return registry;
}
const list = (count: number) =>
  Array.from({ length: count }, (_, i) => tool(`tool_${i}`, { text: { type: 'string' }, count: { type: 'integer' } }));

function best(rounds: number, work: (round: number) => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    work(round);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}
const each = (count: number, work: () => void): number => (best(5, () => void times(count, work)) * 1000) / count;
const times = (count: number, work: () => void): void => {
  for (let i = 0; i < count; i++) work();
};
const show = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(58)} ${value.toFixed(3)} ${unit}`);

const begun = performance.now();
const large = registryOf(1000, 50);
large.snapshot;
show('1,000 servers with 50,000 tools: register and list', performance.now() - begun, 'ms');
const small = registryOf(100, 50);

const change = (registry: Registry) => (round: number) => {
  registry.register(spec('server-7', { title: `round ${round}` }));
  registry.snapshot;
};
const changeLarge = best(20, change(large));
const changeSmall = best(20, change(small));
show('one server changed, snapshot rebuilt, 50,000 tools', changeLarge, 'ms');
show('  against 5,000 tools (linear: 10)', changeLarge / changeSmall, 'x');
const health = (registry: Registry) => (round: number) => {
  registry.setHealth('server-7', { state: round % 2 ? 'ready' : 'failed', settled: true });
  registry.snapshot;
};
show('one health changed, 1,000 servers', best(20, health(large)), 'ms');

const exact = each(100_000, () => void large.resolve('server-500/tool_7'));
show('resolve an exact id', exact, 'us');
show('  resolve a variant of it', each(2000, () => void large.resolve('Server_500-mcp/Tool-7')) / exact, 'x');
show('  resolve a wrong name', each(20, () => nothing(() => large.resolve('server-500/tol_7'))) / exact, 'x');

const one = large.resolve('server-500/tool_7');
const sent = { text: 'hello', count: 1 };
show(
  'validate small arguments',
  each(100_000, () => large.validate(one, sent)),
  'us',
);
show(
  'observe one call',
  each(100_000, () => large.observe({ tool: one.id, durationMs: 1, outcome: 'ok', resultBytes: 10 })),
  'us',
);

for (const format of ['llm', 'json', 'openai', 'anthropic'] as const) {
  const made = best(1, () => void small.describe(format));
  show(`describe as ${format}, 5,000 tools, first`, made, 'ms');
}
show(
  'describe again',
  each(1000, () => void small.describe('json')),
  'us',
);

function nothing(work: () => unknown): void {
  try {
    work();
  } catch {
    // A wrong name is meant to be refused.
  }
}
