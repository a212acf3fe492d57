import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootEndpoint, stdioServer, TestClient, until } from './endpoint-under-test.ts';

const UPDATED = 'notifications/resources/updated';

// Both ways to the same server: under its own names, and among all.
describe.for([
  { path: '/mcp/servers/notes', tool: (name: string) => name },
  { path: '/mcp', tool: (name: string) => `notes__${name}` },
])('resource subscriptions at $path', ({ path, tool }) => {
  let house: Awaited<ReturnType<typeof bootEndpoint>>;
  beforeEach(async () => {
    house = await bootEndpoint([stdioServer('notes', 'servers/notes.ts')]);
  });
  afterEach(() => house.close());

  const client = async () => {
    const made = new TestClient(house.endpoint, path);
    await made.initialize();
    return made;
  };
  const touch = (by: TestClient, uri: string) => by.ask('tools/call', { name: tool('touch'), arguments: { uri } });
  const asked = async (by: TestClient): Promise<string[]> =>
    JSON.parse((await by.ask('tools/call', { name: tool('asked'), arguments: {} })).result.content[0].text);
  const heard = (by: TestClient) => by.heard.filter(({ method }) => method === UPDATED).map(({ params }) => params.uri);

  it('are shared: one request to the server, each client hears its own, and one may leave without the other', async () => {
    const [one, two] = [await client(), await client()];
    for (const each of [one, two])
      expect((await each.ask('resources/subscribe', { uri: 'note:a' })).result).toEqual({});
    await two.ask('resources/subscribe', { uri: 'note:b' });
    await touch(one, 'note:a');
    await until(() => heard(one).length === 1 && heard(two).length === 1);

    await one.ask('resources/unsubscribe', { uri: 'note:a' });
    await touch(one, 'note:a');
    await touch(one, 'note:b');
    await until(() => heard(two).length === 3);
    expect(heard(one)).toEqual(['note:a']);
    expect(await asked(one)).toEqual(['subscribe note:a', 'subscribe note:b']);
  });

  it('end at the server with the last session that wanted them', async () => {
    const [one, two] = [await client(), await client()];
    await one.ask('resources/subscribe', { uri: 'note:a' });
    await two.ask('resources/subscribe', { uri: 'note:a' });
    one.close();
    expect(await asked(two)).toEqual(['subscribe note:a']);
    const last = await client();
    two.close();
    for (const end = Date.now() + 5_000; !(await asked(last)).includes('unsubscribe note:a'); )
      expect(Date.now()).toBeLessThan(end);
  });

  it('outlive the server process', async () => {
    const one = await client();
    await one.ask('resources/subscribe', { uri: 'note:a' });
    await one.ask('tools/call', { name: tool('quit'), arguments: {} });
    for (const end = Date.now() + 10_000; heard(one).length === 0; ) {
      await touch(one, 'note:a');
      expect(Date.now()).toBeLessThan(end);
    }
  });

  it('are refused as the server refuses them', async () => {
    const { error } = await (await client()).ask('resources/subscribe', { uri: 'note:c' });
    expect(error.message).toMatch(/note:c/);
  });

  it('serve modern clients of a legacy server, who are promised what was granted', async () => {
    const [listener, other] = [await client(), await client()];
    const notifications = { resourceSubscriptions: ['note:a', 'note:c'] };
    void listener.modern('subscriptions/listen', { notifications }, {}, 'sub').catch(() => undefined);
    const acknowledged = 'notifications/subscriptions/acknowledged';
    await until(() => listener.heard.some(({ method }) => method === acknowledged));
    const granted = listener.heard.find(({ method }) => method === acknowledged)?.params.notifications;
    expect(granted).toEqual({ resourceSubscriptions: ['note:a'] });
    await touch(other, 'note:a');
    await until(() => heard(listener).length === 1);
    const meta = listener.heard.find(({ method }) => method === UPDATED)?.params._meta;
    expect(meta['io.modelcontextprotocol/subscriptionId']).toBe('sub');
  });
});
