import { afterEach, expect, test } from 'vitest';
import type { z } from 'zod';
import { fault } from '#kernel';
import plugin from '../../../plugins/telemetry/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { startCollector } from './collector.ts';
import { readExposition } from './exposition.ts';

const kernel = { status: () => ({ plugins: [], ready: true }) };
const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

type Otlp = NonNullable<z.input<typeof plugin.config>['otlp']>;
async function open(otlp: Otlp = {}, answer?: number) {
  const collector = await startCollector(answer);
  endings.push(collector.close);
  const opened = await openPlugin(plugin, { otlp: { url: collector.url, ...otlp } }, { kernel });
  endings.push(opened.close);
  return { ...opened, collector, telemetry: opened.plugin.telemetry };
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

test('without a collector, a span is the work and nothing else', async () => {
  const { plugin: made, close } = await openPlugin(plugin, {}, { kernel });
  endings.push(close);
  expect(made.telemetry.tracing).toBe(false);
  const result = await made.telemetry.span('work', {}, async (span) => {
    span.set('a', 1);
    return span.traceparent;
  });
  expect(result).toBeUndefined();
});

test('spans reach the collector with their parents, attributes and the name of the service', async () => {
  const { telemetry, collector, close } = await open({ headers: { 'x-key': 'abc' }, serviceName: 'bench' });
  expect(telemetry.tracing).toBe(true);
  let handedOn: string | undefined;
  const result = await telemetry.span(
    'GET /things',
    { 'http.route': '/things' },
    async (outer) => {
      outer.set('count', 3);
      handedOn = outer.traceparent;
      return telemetry.span('inner', {}, async () => 'done');
    },
    `00-${TRACE}-${PARENT}-01`,
  );
  expect(result).toBe('done');
  await close();
  const [inner, outer] = collector.spans;
  expect(outer).toMatchObject({
    name: 'GET /things',
    traceId: TRACE,
    parentSpanId: PARENT,
    kind: 2,
    attributes: { 'http.route': '/things', count: 3 },
    resource: { 'service.name': 'bench' },
  });
  expect(inner).toMatchObject({ name: 'inner', traceId: TRACE, parentSpanId: outer!.spanId, kind: 1 });
  expect(handedOn).toBe(`00-${TRACE}-${outer!.spanId}-01`);
  expect(collector.requests[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-key': 'abc' } });
});

test('spans of requests that run at once do not mix', async () => {
  const { telemetry, collector, close } = await open();
  const request = (name: string) =>
    telemetry.span(name, {}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await telemetry.span(`${name}.inner`, {}, async () => {});
    });
  await Promise.all(['a', 'b', 'c'].map(request));
  await close();
  for (const name of ['a', 'b', 'c']) {
    const outer = collector.spans.find((span) => span.name === name)!;
    expect(collector.spans.find((span) => span.name === `${name}.inner`)!.parentSpanId).toBe(outer.spanId);
  }
});

test('a failure is in its span: the code of a fault, and no words of other errors', async () => {
  const { telemetry, collector, close } = await open();
  const told = telemetry.span('told', {}, async () => {
    throw fault('JOB_UNKNOWN', 'no such job');
  });
  await expect(told).rejects.toThrow('no such job');
  const untold = telemetry.span('untold', {}, async () => {
    throw new TypeError('the card number 1234');
  });
  await expect(untold).rejects.toThrow('1234');
  await close();
  expect(collector.spans).toMatchObject([
    { status: { code: 2, message: 'no such job' }, attributes: { 'error.type': 'JOB_UNKNOWN' } },
    { status: { code: 2 }, attributes: { 'error.type': 'TypeError' } },
  ]);
  expect(JSON.stringify(collector.spans)).not.toContain('1234');
});

test('a caller decides whether its request is traced; the ratio decides for the others', async () => {
  const { telemetry, collector, close } = await open({ sampleRatio: 0 });
  await telemetry.span('mine', {}, async () => {});
  await telemetry.span('left out', {}, async () => {}, `00-${TRACE}-${PARENT}-00`);
  await telemetry.span('wanted', {}, async () => {}, `00-${TRACE}-${PARENT}-01`);
  await close();
  expect(collector.spans.map(({ name }) => name)).toEqual(['wanted']);
});

test.each(['', 'x', `00-${TRACE}-${PARENT}`, `ff-${TRACE}-${PARENT}-01`, `00-${'0'.repeat(32)}-${PARENT}-01`])(
  'a traceparent that is none begins a new trace: %j',
  async (parent) => {
    const { telemetry, collector, close } = await open();
    await telemetry.span('work', {}, async () => {}, parent);
    await close();
    expect(collector.spans).toHaveLength(1);
    expect(collector.spans[0]!.traceId).not.toBe(TRACE);
    expect(collector.spans[0]!.parentSpanId ?? '').toBe('');
  },
);

test('a collector that refuses is counted and told, and delays nobody', async () => {
  const { telemetry, collector, lines, close } = await open({ delayMs: 20, timeoutMs: 300 }, 400);
  for (let index = 0; index < 3; index += 1) await telemetry.span('work', {}, async () => {});
  await expect.poll(() => collector.requests.length).toBeGreaterThan(0);
  await expect.poll(() => lines.filter(({ level }) => level === 'warn').length).toBe(1);
  const found = readExposition((await telemetry.metrics()).text).get('datapresso_spans_exported_total')!.lines;
  expect(found).toMatchObject([{ labels: { result: 'lost' }, value: 3 }]);
  await close();
});

test('a collector that is not there does not keep the process', async () => {
  const { telemetry, collector, lines, close } = await open({ timeoutMs: 300 });
  await collector.close();
  await telemetry.span('work', {}, async () => {});
  const begun = performance.now();
  await close();
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(lines.some(({ sentence }) => sentence.includes('collector'))).toBe(true);
});
