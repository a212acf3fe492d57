import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { z } from 'zod';
import { ALERT_CHANGED, type Alert } from '../../../plugins/telemetry/api.ts';
import plugin from '../../../plugins/telemetry/index.ts';
import { openPlugin } from '../open-plugin.ts';

type Alerts = NonNullable<z.input<typeof plugin.config>['alerts']>;

async function open(alerts: Alerts) {
  const kernel = { status: () => ({ ready: true, plugins: [] }) };
  const opened = await openPlugin(plugin, { defaultMetrics: false, alerts: { everyMs: 10, ...alerts } }, { kernel });
  onTestFinished(opened.close);
  const heard: Alert[] = [];
  opened.events.subscribe(ALERT_CHANGED, (alert) => void heard.push(alert));
  const states = () => heard.map(({ name, state }) => `${name} ${state}`);
  return { ...opened, telemetry: opened.plugin.telemetry, heard, states };
}

test('a gauge that stays wrong for long enough fires once, and is over once', async () => {
  const { telemetry, heard, states, lines } = await open({
    rules: { cold: { metric: 'degrees', comparison: 'below', threshold: 5, forMs: 60 } },
  });
  const degrees = telemetry.gauge('degrees', 'How warm it is.');
  degrees.set(9);
  await new Promise((done) => setTimeout(done, 100));
  expect(heard).toEqual([]);
  degrees.set(3);
  const began = performance.now();
  await vi.waitFor(() => expect(states()).toEqual(['cold firing']));
  expect(performance.now() - began).toBeGreaterThan(40);
  expect(heard[0]).toMatchObject({ metric: 'degrees', value: 3, comparison: 'below', threshold: 5 });
  degrees.set(6);
  await vi.waitFor(() => expect(states()).toEqual(['cold firing', 'cold resolved']));
  expect(lines).toMatchObject([
    { level: 'warn', sentence: 'an alert began', fields: { alert: 'cold', value: 3, below: 5 } },
    { level: 'info', sentence: 'an alert is over', fields: { alert: 'cold', value: 6 } },
  ]);
});

test('out of the box: failing calls and servers that are down', async () => {
  const { telemetry, heard, states } = await open({
    rules: {
      'error-rate': {
        metric: 'datapresso_tool_calls_total',
        labels: { outcome: ['error', 'timeout'] },
        share: true,
        threshold: 0.2,
      },
      'server-down': { metric: 'datapresso_tool_servers_failed', threshold: 0 },
    },
  });
  const calls = telemetry.counter('datapresso_tool_calls_total', 'Calls.', ['server', 'tool', 'outcome']);
  calls.add(1000, 's', 's/t', 'error');
  // What was counted before the first look is history.
  await new Promise((done) => setTimeout(done, 50));
  expect(heard).toEqual([]);
  calls.add(1, 's', 's/t', 'timeout');
  calls.add(1, 's', 's/t', 'ok');
  await vi.waitFor(() => expect(states()).toEqual(['error-rate firing', 'error-rate resolved']));
  expect(heard[0]?.value).toBe(0.5);
  calls.add(9, 's', 's/t', 'ok');
  calls.add(1, 's', 's/t', 'error');
  let failed = 0;
  telemetry.gauge('datapresso_tool_servers_failed', 'Down.', [], () => failed);
  await new Promise((done) => setTimeout(done, 50));
  failed = 1;
  await vi.waitFor(() => expect(states().slice(2)).toEqual(['server-down firing']));
  const { alerts } = plugin.config.parse({});
  expect(alerts).toMatchObject({ defaults: true, rules: {} });
});

test('the event loop is watched, without taking its delay from the exposition', async () => {
  const kernel = { status: () => ({ ready: true, plugins: [] }) };
  const rule = { metric: 'nodejs_eventloop_lag_p99_seconds', threshold: 0.15 };
  const opened = await openPlugin(plugin, { alerts: { everyMs: 50, rules: { 'event-loop-lag': rule } } }, { kernel });
  onTestFinished(opened.close);
  await new Promise((done) => setTimeout(done, 60));
  const until = performance.now() + 400;
  while (performance.now() < until);
  await vi.waitFor(() => expect(opened.lines).toMatchObject([{ fields: { alert: 'event-loop-lag' } }, {}]));
  const { text } = await opened.plugin.telemetry.metrics();
  expect(Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1])).toBeGreaterThan(0.2);
});

test('a webhook gets what began and what is over; one that refuses costs a line without its address', async () => {
  const bodies: Alert[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(JSON.parse(chunk.toString()) as Alert));
    request.on('end', () => response.writeHead(status).end());
  });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  onTestFinished(() => void server.close());
  const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`;
  const rules: Alerts['rules'] = { high: { metric: 'level', threshold: 1, actions: ['webhook'] } };
  const { telemetry, lines, heard } = await open({ webhook, rules });
  const level = telemetry.gauge('level', 'A level.');
  level.set(2);
  await vi.waitFor(() => expect(bodies).toMatchObject([{ name: 'high', state: 'firing', value: 2 }]));
  status = 500;
  level.set(0);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(bodies[1]).toMatchObject({ state: 'resolved' });
  expect(lines[0]).toMatchObject({ level: 'warn', fields: { alert: 'high', reason: 'HTTP 500' } });
  expect(JSON.stringify([lines, heard])).not.toContain('secret-path');
  expect(() => plugin.config.parse({ alerts: { rules } })).toThrow('there is no address');
});
