import { expect, test } from 'vitest';
import { topic } from '#kernel';
import { EventBus } from '../../kernel/events.ts';
import { LogSink } from '../../kernel/log.ts';

const TICK = topic<number>('test.tick');

const busWith = () => {
  const lines: string[] = [];
  const log = new LogSink({ level: 'debug', pretty: false, write: (line) => lines.push(line) }).log('listener');
  const subscriber = { listening: true, log };
  const bus = new EventBus();
  return { bus, lines, subscriber, events: bus.view(subscriber) };
};

test('subscribers hear in order, and a nested event comes after the one before it', () => {
  const { events } = busWith();
  const heard: string[] = [];
  events.subscribe(TICK, (n) => {
    heard.push(`a${n}`);
    if (n === 1) events.publish(TICK, 2);
  });
  events.subscribe(TICK, (n) => void heard.push(`b${n}`));
  events.publish(TICK, 1);
  expect(heard).toEqual(['a1', 'b1', 'a2', 'b2']);
});

test('a subscriber that throws, rejects or is slow harms nobody, and is named in the log', async () => {
  const { events, lines } = busWith();
  const heard: number[] = [];
  events.subscribe(TICK, () => {
    throw new Error('thrown');
  });
  events.subscribe(TICK, async () => {
    throw new Error('rejected');
  });
  events.subscribe(TICK, () => new Promise(() => {}));
  events.subscribe(TICK, (n) => void heard.push(n));
  events.publish(TICK, 1);
  events.publish(TICK, 2);
  expect(heard).toEqual([1, 2]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(
    ['thrown', 'thrown', 'rejected', 'rejected'].map((reason) => ({ plugin: 'listener', topic: 'test.tick', reason })),
  );
});

test('the undo unsubscribes, muted subscribers hear nothing, and a view ends with all its subscriptions', () => {
  const { bus, events, subscriber } = busWith();
  const heard: string[] = [];
  const undo = events.subscribe(TICK, () => void heard.push('undone'));
  const view = bus.view(subscriber);
  view.subscribe(TICK, () => void heard.push('view'));
  events.subscribe(topic<number>('test.tick'), () => void heard.push('same name'));
  undo();
  events.publish(TICK, 1);
  subscriber.listening = false;
  events.publish(TICK, 2);
  subscriber.listening = true;
  view.end();
  events.publish(TICK, 3);
  expect(heard).toEqual(['view', 'same name', 'same name']);
});
