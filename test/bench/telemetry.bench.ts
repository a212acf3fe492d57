// What an observation costs, beside prom-client's own, and what a look at the metrics costs.
//   node test/bench/telemetry.bench.ts
import client from 'prom-client';
import { expose } from '../../plugins/telemetry/exposition.ts';
import { Metrics } from '../../plugins/telemetry/metrics.ts';

const COUNT = 500_000;
const metrics = new Metrics(5_000, () => {});
const mine = metrics.histogram('mine_seconds', 'Ours.', ['method', 'route', 'status']);
const calls = metrics.counter('mine_total', 'Ours.', ['server', 'tool', 'outcome']);
const theirs = new client.Histogram({
  name: 'theirs_seconds',
  help: 'Theirs.',
  labelNames: ['method', 'route', 'status'],
  registers: [],
});
const routes = Array.from({ length: 20 }, (_, index) => `/api/v1/tools/route-${index}`);
const statuses = ['200', '404'];

const best = (work: (index: number) => void): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const begun = performance.now();
    for (let index = 0; index < COUNT; index += 1) work(index);
    least = Math.min(least, performance.now() - begun);
  }
  return (least * 1_000) / COUNT;
};
const show = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(52)} ${value.toFixed(3)} ${unit}`);

show(
  'histogram.observe, 3 labels',
  best((index) => mine.observe(0.004, 'POST', routes[index % 20]!, statuses[index & 1]!)),
  'us',
);
show(
  '  prom-client, labels().observe',
  best((index) => theirs.labels('POST', routes[index % 20]!, statuses[index & 1]!).observe(0.004)),
  'us',
);
show(
  'counter.add, 3 labels',
  best((index) => calls.add(1, 'server', routes[index % 20]!, 'ok')),
  'us',
);
for (let index = 0; index < 4_900; index += 1) calls.add(1, `server-${index % 70}`, `tool-${index}`, 'ok');
await expose(metrics.all());
const begun = performance.now();
const { text } = await expose(metrics.all());
show(`text of 5,000 series (${Math.round(text.length / 1024)} KiB)`, performance.now() - begun, 'ms');
