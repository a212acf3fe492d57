import { readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { browserProcesses, memoryOf } from '../../../mcp-servers/browser-navigator/browser-processes.ts';
import { BrowserServer, chromiumMissing } from './browser-server.ts';
import { type Pages, WebSite } from './web-site.ts';

const NO_BROWSER = { timeout: 15_000 };
const LOOP = '<p>loops</p><button onclick="for (;;);">hang</button>';

async function open(pages: Pages, flags: string[] = []) {
  const server = await new BrowserServer(['--allow-private=127.0.0.1', ...flags]).connect();
  onTestFinished(() => server.close());
  return { server, site: await WebSite.during(pages) };
}
const noneLeft = (server: BrowserServer) => expect.poll(() => server.processes(), NO_BROWSER).toEqual([]);

describe.skipIf(chromiumMissing)('the browser', () => {
  it('is not started by the handshake, the tool list, or a refused address, and ends when it is not used', async () => {
    const { server, site } = await open({ '/': 'x' }, ['--session-idle-seconds=0.5', '--browser-idle-seconds=0.2']);
    expect((await server.client.listTools()).tools).toHaveLength(8);
    await server.fault('navigate', { url: 'http://10.0.0.1/' });
    expect([server.processes(), readdirSync(server.temp)]).toEqual([[], []]);
    const { session_id } = await server.ok('navigate', { url: site.url });
    expect(server.processes().length).toBeGreaterThan(2);
    await noneLeft(server);
    await expect.poll(() => readdirSync(server.temp), NO_BROWSER).toEqual([]);
    expect(await server.fault('read', { session_id })).toMatchObject({ code: 'SESSION_UNKNOWN' });
    await server.ok('navigate', { url: site.url });
  }, 60_000);

  it.each(['SIGTERM', 'SIGKILL', 'end of stdin'] as const)(
    'is gone with all its processes after %s',
    async (way) => {
      const { server, site } = await open({ '/': LOOP });
      const { session_id } = await server.ok('navigate', { url: site.url });
      await server.ok('navigate', { url: site.url });
      const hang = (await server.tree(session_id)).ref('button "hang"');
      void server.call('click', { session_id, ref: hang }).catch(() => {});
      await server.ok('wait', {
        session_id: (await server.ok('navigate', { url: site.url })).session_id,
        seconds: 0.2,
      });
      expect(server.processes().length).toBeGreaterThan(4);
      if (way === 'end of stdin') await server.client.close();
      else process.kill(server.pid, way);
      await noneLeft(server);
      if (way !== 'SIGKILL') return void (await expect.poll(() => readdirSync(server.temp), NO_BROWSER).toEqual([]));
      const left = readdirSync(server.temp);
      expect(left).toHaveLength(1);
      const next = new BrowserServer([], { TMPDIR: server.temp });
      await next.connect();
      onTestFinished(() => next.close());
      await expect.poll(() => readdirSync(server.temp), NO_BROWSER).toEqual([]);
    },
    60_000,
  );

  it('keeps its memory over 50 pages in a row', async () => {
    const row = '<tr><td>cell</td><td><a href=/>link</a></td></tr>'.repeat(200);
    const { server, site } = await open(
      {
        '/': `<title>page</title><canvas id=c width=800 height=600></canvas><table>${row}</table>
        <script>c.getContext('2d').fillRect(0, 0, 800, 600); window.kept = new Array(20_000).fill(0).map((_, at) => ({ at }))</script>`,
      },
      ['--heap-mib=64'],
    );
    const measured: number[] = [];
    const { session_id } = await server.ok('navigate', { url: site.url });
    for (let page = 0; page < 50; page++) {
      await server.ok('navigate', { session_id, url: `${site.url}/?${page}` });
      if (page % 10 === 0) await server.ok('read', { session_id });
      measured.push(memoryOf(browserProcesses(server.temp)));
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const [early, late] = [median(measured.slice(10, 25)), median(measured.slice(35))];
    process.stderr.write(
      `50 pages: median of pages 11-25 ${early.toFixed(0)} MiB, of pages 36-50 ${late.toFixed(0)} MiB\n`,
    );
    expect(late).toBeLessThan(early * 1.25);
  }, 120_000);

  it('ends a page that takes too much memory, and only that', async () => {
    const { server, site } = await open(
      {
        '/': '<title>light</title>',
        '/greedy': `<script>const all = []; setInterval(() => { for (let i = 0; i < 8; i++) all.push(new Uint8Array(8 << 20).fill(i + 1)) }, 50)</script>`,
      },
      ['--memory-mib=700'],
    );
    const light = await server.ok('navigate', { url: site.url });
    const greedy = await server.ok('navigate', { url: `${site.url}/greedy` });
    const fault = await server.fault('wait', { session_id: greedy.session_id, text: 'never', seconds: 60 });
    expect(fault).toMatchObject({ code: 'MEMORY_EXCEEDED', message: expect.stringContaining('the limit is 700 MiB') });
    expect(await server.ok('read', { session_id: light.session_id })).toMatchObject({ title: 'light' });
  }, 120_000);

  it('has a cap on sessions, pages, text and transfer', async () => {
    const { server, site } = await open(
      {
        '/': '<title>x</title><button onclick="for (let i = 0; i < 5; i++) window.open(\'/\')">many</button>',
        '/endless': (_request, response) => {
          response.writeHead(200, { 'content-type': 'text/html' });
          const more = () => {
            while (!response.destroyed && response.write('x'.repeat(65_536)));
          };
          response.on('drain', more);
          more();
        },
      },
      ['--sessions=1', '--pages=2', '--transfer-mib=2', '--navigation-seconds=5'],
    );
    const { session_id } = await server.ok('navigate', { url: site.url });
    expect(await server.fault('navigate', { url: site.url })).toMatchObject({ code: 'SESSION_LIMIT' });
    const opened = await server.ok('click', { session_id, ref: (await server.tree(session_id)).ref('button "many"') });
    const later = await server.ok('wait', { session_id, seconds: 1 });
    expect([...opened.notes, ...later.notes].join()).toContain('a new page was refused: 2 are open');
    const endless = await server.call('navigate', { session_id, url: `${site.url}/endless` });
    expect(JSON.stringify(endless.structuredContent)).toMatch(/more than 2 MiB|larger than 2 MiB/);
    expect(await server.ok('navigate', { session_id, url: site.url })).toMatchObject({ title: 'x' });
  }, 90_000);

  it('answers in time for a page that hangs, and when the call is cancelled', async () => {
    const { server, site } = await open({ '/': LOOP, '/slow': () => {} }, [
      '--action-seconds=1',
      '--navigation-seconds=60',
    ]);
    const { session_id } = await server.ok('navigate', { url: site.url });
    const hang = (await server.tree(session_id)).ref('button "hang"');
    await server.call('click', { session_id, ref: hang });
    expect(await server.fault('read', { session_id, as: 'text' })).toMatchObject({ code: 'TIMED_OUT' });
    await server.ok('close', { session_id });
    const stop = new AbortController();
    const slow = server.call('navigate', { url: `${site.url}/slow` }, { signal: stop.signal });
    await expect.poll(() => site.seen, NO_BROWSER).toContain('/slow');
    stop.abort();
    await expect(slow).rejects.toThrow();
    expect((await server.ok('navigate', { url: site.url })).success).toBe(true);
  }, 90_000);
});

it.skipIf(process.platform !== 'linux')('says what to do where there is no browser', async () => {
  const server = await new BrowserServer(['--chromium=/nonexistent/chromium', '--allow-private=127.0.0.1']).connect();
  onTestFinished(() => server.close());
  expect(await server.fault('navigate', { url: 'http://127.0.0.1:9/' })).toMatchObject({
    code: 'CHROMIUM_MISSING',
    message: '/nonexistent/chromium is no program that can be run',
  });
});
