import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import plugin from '../../../plugins/telemetry/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { readExposition } from './exposition.ts';

const status = (ready = true) => ({
  ready,
  plugins: [
    { id: 'one', generation: 3, health: { ok: true } },
    { id: 'two/label', generation: 1, health: { ok: false } },
  ],
});
const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

async function open(config: z.input<typeof plugin.config> = {}) {
  const opened = await openPlugin(plugin, config, { kernel: { status } });
  closings.push(opened.close);
  const { telemetry } = opened.plugin;
  const read = async () => readExposition((await telemetry.metrics()).text);
  return { ...opened, telemetry, read };
}

const code = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
};

describe('the text', () => {
  test('has every metric with its help, type and values', async () => {
    const { telemetry, read } = await open({ defaultMetrics: false });
    telemetry.counter('jobs_total', 'Finished jobs.', ['outcome']).add(2, 'ok');
    telemetry.gauge('level', 'A level.').set(-1.5);
    telemetry.gauge('asked', 'Read when looked at.', [], () => 7);
    const seconds = telemetry.histogram('job_seconds', 'Durations.', ['kind'], [1, 2]);
    for (const value of [0.5, 1, 1.5, 9]) seconds.observe(value, 'a');
    const found = await read();
    expect(found.get('jobs_total')).toEqual({
      name: 'jobs_total',
      type: 'counter',
      help: 'Finished jobs.',
      lines: [{ name: 'jobs_total', labels: { outcome: 'ok' }, value: 2 }],
    });
    expect(found.get('level')).toMatchObject({ type: 'gauge', lines: [{ labels: {}, value: -1.5 }] });
    expect(found.get('asked')?.lines[0]?.value).toBe(7);
    expect(found.get('job_seconds')?.lines.map(({ name, labels, value }) => [name, labels.le, value])).toEqual([
      ['job_seconds_bucket', '1', 2],
      ['job_seconds_bucket', '2', 3],
      ['job_seconds_bucket', '+Inf', 4],
      ['job_seconds_sum', undefined, 12],
      ['job_seconds_count', undefined, 4],
    ]);
  });

  test('is declared as the Prometheus format', async () => {
    const { telemetry } = await open();
    expect((await telemetry.metrics()).contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  test('carries any label value', async () => {
    const { telemetry, read } = await open({ defaultMetrics: false });
    const counter = telemetry.counter('odd_total', 'Odd labels.', ['a', 'b']);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (a, b) => {
        counter.add(1, a, b);
        const lines = (await read()).get('odd_total')!.lines;
        expect(lines.some(({ labels }) => labels.a === a && labels.b === b)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('adds up the buckets of a histogram as a sorted list of the same values does', async () => {
    const { telemetry, read } = await open({ defaultMetrics: false });
    let round = 0;
    const values = fc.array(fc.double({ noNaN: true, min: -10, max: 100 }), { maxLength: 50 });
    const bounds = fc.uniqueArray(fc.integer({ min: -20, max: 120 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(values, bounds, async (observed, unsorted) => {
        const buckets = unsorted.sort((a, b) => a - b);
        const name = `property_${++round}`;
        const histogram = telemetry.histogram(name, 'Any values.', [], buckets);
        for (const value of observed) histogram.observe(value);
        const lines = (await read()).get(name)!.lines;
        const expected = [...buckets, Number.POSITIVE_INFINITY].map(
          (bound) => observed.filter((value) => value <= bound).length,
        );
        expect(lines.filter(({ labels }) => labels.le !== undefined).map(({ value }) => value)).toEqual(expected);
        expect(lines.at(-2)!.value).toBeCloseTo(
          observed.reduce((sum, value) => sum + value, 0),
          6,
        );
      }),
      { numRuns: 50 },
    );
  });

  test('tells of the process', async () => {
    const { read } = await open();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const end = Date.now() + 120;
    while (Date.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const found = await read();
    const value = (name: string) => found.get(name)?.lines[0]?.value ?? Number.NaN;
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(10e6);
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(Math.abs(value('process_start_time_seconds') - Date.now() / 1e3)).toBeLessThan(3_600);
    expect(value('nodejs_eventloop_lag_max_seconds')).toBeGreaterThan(0.05);
    // What was told is not told again.
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await read()).get('nodejs_eventloop_lag_max_seconds')!.lines[0]!.value).toBeLessThan(0.1);
  });

  test('tells of the kernel', async () => {
    const { read } = await open({ defaultMetrics: false });
    const found = await read();
    expect(found.get('datapresso_kernel_ready')?.lines[0]?.value).toBe(1);
    expect(found.get('datapresso_plugin_generation')?.lines.map(({ labels, value }) => [labels.plugin, value])).toEqual(
      [
        ['one', 3],
        ['two/label', 1],
      ],
    );
    expect(found.get('datapresso_plugin_healthy')?.lines.map(({ value }) => value)).toEqual([1, 0]);
    expect([...found.keys()].filter((name) => name.startsWith('process_'))).toEqual([]);
  });
});

describe('a name', () => {
  test('asked for twice is the same metric', async () => {
    const { telemetry, read } = await open();
    telemetry.counter('twice_total', 'Twice.', ['a']).add(1, 'x');
    telemetry.counter('twice_total', 'Told in other words.', ['a']).add(1, 'x');
    expect((await read()).get('twice_total')?.lines[0]?.value).toBe(2);
    telemetry.gauge('seen', 'Seen.', [], () => 1);
    telemetry.gauge('seen', 'Seen.', [], () => 2);
    expect((await read()).get('seen')?.lines[0]?.value).toBe(2);
    telemetry.histogram('sized', 'Sized.', [], [1, 2]);
    expect(code(() => telemetry.histogram('sized', 'Sized.'))).toBeUndefined();
  });

  test('asked for in another way is a conflict', async () => {
    const { telemetry } = await open();
    telemetry.counter('fixed_total', 'Fixed.', ['a', 'b']);
    telemetry.histogram('sized', 'Sized.', [], [1, 2]);
    expect(code(() => telemetry.counter('fixed_total', 'Fixed.', ['a']))).toBe('TELEMETRY_CONFLICT');
    expect(code(() => telemetry.counter('fixed_total', 'Fixed.', ['b', 'a']))).toBe('TELEMETRY_CONFLICT');
    expect(code(() => telemetry.gauge('fixed_total', 'Fixed.', ['a', 'b']))).toBe('TELEMETRY_CONFLICT');
    expect(code(() => telemetry.histogram('sized', 'Sized.', [], [1, 3]))).toBe('TELEMETRY_CONFLICT');
  });

  test.each(['', '1x', 'a-b', 'a b', 'a{', 'ä'])('that is none is refused: %j', async (name) => {
    const { telemetry } = await open();
    expect(code(() => telemetry.counter(name, 'No name.'))).toBe('TELEMETRY_NAME');
    expect(code(() => telemetry.counter('good_total', 'Good.', [name]))).toBe('TELEMETRY_NAME');
  });

  test('of a label may not be taken by the format', async () => {
    const { telemetry } = await open();
    expect(code(() => telemetry.histogram('good', 'Good.', ['le']))).toBe('TELEMETRY_NAME');
    expect(code(() => telemetry.histogram('good', 'Good.', ['__name__']))).toBe('TELEMETRY_NAME');
  });

  test('that the process has already spoils nothing', async () => {
    const { telemetry, read } = await open();
    telemetry.counter('process_cpu_seconds_total', 'Mine.').add(1_000_000);
    expect((await read()).get('process_cpu_seconds_total')?.lines[0]?.value).toBeLessThan(1_000_000);
  });
});

describe('a value', () => {
  test('that does not fit is refused and changes nothing', async () => {
    const { telemetry, read } = await open();
    const counter = telemetry.counter('grows_total', 'Grows.', ['a']);
    const histogram = telemetry.histogram('finite', 'Finite.');
    counter.add(1, 'x');
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(code(() => counter.add(wrong, 'x'))).toBe('TELEMETRY_VALUE');
    expect(code(() => histogram.observe(Number.NaN))).toBe('TELEMETRY_VALUE');
    expect(code(() => counter.add(1))).toBe('TELEMETRY_LABELS');
    expect(code(() => counter.add(1, 'x', 'y'))).toBe('TELEMETRY_LABELS');
    expect(code(() => telemetry.gauge('read', 'Read.', ['a'], () => 1))).toBe('TELEMETRY_LABELS');
    expect(code(() => telemetry.histogram('falls', 'Falls.', [], [2, 1]))).toBe('TELEMETRY_BUCKETS');
    const found = await read();
    expect(found.get('grows_total')?.lines).toEqual([{ name: 'grows_total', labels: { a: 'x' }, value: 1 }]);
    expect(found.get('finite')?.lines.at(-1)?.value).toBe(0);
  });

  test('of a gauge whose reader throws is left out, alone', async () => {
    const { telemetry, read } = await open();
    telemetry.gauge('gone', 'Its owner is gone.', [], () => {
      throw new Error('gone');
    });
    telemetry.gauge('here', 'Here.', [], () => 1);
    const found = await read();
    expect(found.get('gone')?.lines).toEqual([]);
    expect(found.get('here')?.lines).toHaveLength(1);
  });

  test('beyond the limit of label values is counted as other, and said once', async () => {
    const { telemetry, read, lines } = await open({ maxSeries: 3 });
    const counter = telemetry.counter('many_total', 'Many.', ['a', 'b']);
    for (let index = 0; index < 100; index += 1) counter.add(1, `a${index}`, 'b');
    counter.add(1, 'a1', 'b');
    const found = (await read()).get('many_total')!.lines;
    expect(found.map(({ labels, value }) => [labels.a, labels.b, value])).toEqual([
      ['a0', 'b', 1],
      ['a1', 'b', 2],
      ['a2', 'b', 1],
      ['other', 'other', 97],
    ]);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});
