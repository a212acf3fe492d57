import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BrowserServer, chromiumMissing } from './browser-server.ts';
import { WebSite } from './web-site.ts';

/** A server of the machine that no page may reach: it is on loopback too, but its port is not allowed. */
describe.skipIf(chromiumMissing)('pages that reach for private addresses', () => {
  let secret: WebSite;
  let site: WebSite;
  let server: BrowserServer;
  let attack = '';

  beforeAll(async () => {
    secret = await WebSite.open({ '/': '<title>secret</title>secret' });
    site = await WebSite.open({
      '/': (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(attack),
      '/jump': (request, response) =>
        response.writeHead(302, { location: new URL(request.url!, 'http://x').searchParams.get('to')! }).end(),
    });
    server = await new BrowserServer([`--allow-private=127.0.0.1:${site.port}`]).connect();
  }, 60_000);
  beforeEach(() => {
    secret.seen.length = 0;
  });
  afterAll(async () => {
    await server.close();
    await Promise.all([site.close(), secret.close()]);
  });

  const spellings = () =>
    [
      '127.0.0.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      'localhost',
      hostname(),
    ].map((host) => `http://${host}:${secret.port}/`);

  it('refuses them directly, and by a redirect of each kind', async () => {
    const { session_id } = await server.ok('navigate', { url: `${site.url}/plain` });
    for (const url of spellings()) {
      expect(await server.fault('navigate', { url }), url).toMatchObject({ code: 'ADDRESS_REFUSED' });
      const to = `${site.url}/jump?to=${encodeURIComponent(url)}`;
      expect(await server.fault('navigate', { url: to, session_id }), to).toMatchObject({ code: 'ADDRESS_REFUSED' });
    }
    const secure = `${site.url}/jump?to=https://127.0.0.1:${secret.port}/`;
    expect(await server.fault('navigate', { url: secure })).toMatchObject({ code: 'ADDRESS_REFUSED' });
    const { code } = await server.fault('navigate', { url: `${site.url}/jump?to=file:///etc/passwd` });
    expect(code).toBe('NAVIGATION_FAILED');
    expect(secret.seen).toEqual([]);
  }, 120_000);

  it('refuses them for every kind of request that a page can make', async () => {
    const url = `http://127.0.0.1:${secret.port}/`;
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    let packets = 0;
    udp.on('message', () => packets++);
    const jump = `/jump?to=${encodeURIComponent(url)}`;
    attack = `<link rel=stylesheet href=${url}css><link rel=prefetch href=${url}prefetch><link rel=preconnect href=${url}>
      <img src=${url}img><img src=${jump}><iframe src=${url}frame></iframe><iframe src=${jump}></iframe><script src=${url}js></script>
      <video src=${url}video></video><object data=${url}object></object><iframe src="file:///etc/passwd"></iframe>
      <form id=f action=${url}post method=post target=frame><iframe name=frame></iframe></form>
      <script>
        const no = () => {};
        fetch('${url}fetch', { mode: 'no-cors' }).catch(no); fetch('${jump}', { mode: 'no-cors' }).catch(no);
        navigator.sendBeacon('${url}beacon', 'x'); new EventSource('${url}events'); f.submit();
        new WebSocket('ws://127.0.0.1:${secret.port}/ws'); new WebSocket('ws://localhost:${secret.port}/ws');
        new Worker(URL.createObjectURL(new Blob(["fetch('${url}worker', { mode: 'no-cors' }); new WebSocket('ws://127.0.0.1:${secret.port}/ws2')"])));
        navigator.serviceWorker?.register('/').catch(no);
        try { new WebTransport('https://127.0.0.1:${udp.address().port}/').closed.catch(no) } catch {}
        const peer = new RTCPeerConnection({ iceServers: [{ urls: ['stun:127.0.0.1:${udp.address().port}', 'turn:127.0.0.1:${secret.port}?transport=tcp'], username: 'u', credential: 'c' }] });
        peer.createDataChannel('x'); peer.createOffer().then((offer) => peer.setLocalDescription(offer)).catch(no);
        setTimeout(() => { document.title = 'done' }, 1500);
      </script><p>here</p>`;
    const { session_id } = await server.ok('navigate', { url: site.url });
    await server.ok('wait', { session_id, seconds: 4 });
    const { title, text } = await server.ok('read', { session_id });
    expect(title).toBe('done');
    expect(text).not.toMatch(/secret|root:/);
    expect(secret.seen).toEqual([]);
    expect(packets).toBe(0);
    await server.ok('close', { session_id });
    udp.close();
  }, 60_000);

  it('refuses where a click or a script leads', async () => {
    attack = `<a href="http://localhost:${secret.port}/">go</a>
      <a href="http://127.0.0.1:${secret.port}/" target=_blank>open</a>
      <button onclick="setTimeout(() => { location = 'http://[::1]:${secret.port}/' }, 50)">script</button>`;
    for (const name of ['link "go"', 'link "open"', 'button "script"']) {
      const { session_id } = await server.ok('navigate', { url: site.url });
      const ref = (await server.tree(session_id)).ref(name);
      const clicked = await server.call('click', { session_id, ref });
      // On a busy machine the other page may come after the answer: then the next one tells of it.
      const told = [clicked, await server.call('wait', { session_id, seconds: 1 })];
      expect(JSON.stringify(told), name).toMatch(/ is refused: |was refused: /);
      expect((await server.ok('read', { session_id })).text, name).not.toContain('secret');
      await server.ok('close', { session_id });
    }
    expect(secret.seen).toEqual([]);
  }, 60_000);

  it('lets a WebSocket to an allowed host through the proxy', async () => {
    const { WebSocketServer } = await import('ws');
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(sockets, 'listening');
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
    const { port } = sockets.address() as { port: number };
    const other = await new BrowserServer().connect();
    attack = `<script>const s = new WebSocket('ws://127.0.0.1:${port}'); s.onopen = () => s.send('hi'); s.onmessage = (e) => { document.body.textContent = e.data }</script><body>`;
    const { session_id } = await other.ok('navigate', { url: site.url });
    await other.ok('wait', { session_id, text: 'echo hi', seconds: 20 });
    await other.close();
    sockets.close();
  }, 60_000);
});
