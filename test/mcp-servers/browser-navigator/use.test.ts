import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserServer, chromiumMissing } from './browser-server.ts';
import { decodePng } from './png.ts';
import { bodyOf, WebSite } from './web-site.ts';

describe.skipIf(chromiumMissing)('using web pages', () => {
  let server: BrowserServer;
  beforeAll(async () => {
    server = await new BrowserServer(['--allow-private=127.0.0.1', '--text-bytes=1024']).connect();
  }, 60_000);
  afterAll(() => server.close());

  /** A page in a session that ends with the work. */
  async function visit(url: string, work: (session_id: string) => Promise<void>): Promise<void> {
    const { session_id } = await server.ok('navigate', { url });
    try {
      await work(session_id);
    } finally {
      await server.call('close', { session_id });
    }
  }

  it('fills a form and submits it', async () => {
    const posted: string[] = [];
    const site = await WebSite.during({
      '/': `<title>Order</title><form method=post action=/order><label>Name <input name=name></label>
        <label>Size <select name=size><option>small<option>large</select></label>
        <label><input type=checkbox name=gift> Gift</label><label>Remark <textarea name=remark></textarea></label>
        <button>Send</button></form>`,
      '/order': async (request, response) => {
        posted.push(await bodyOf(request));
        response.writeHead(303, { location: '/thanks' }).end();
      },
      '/thanks': '<title>Thanks</title><h1>Your order came</h1>',
    });
    await visit(site.url, async (session_id) => {
      const tree = await server.tree(session_id);
      expect(tree.text).toContain('textbox "Name"');
      await server.ok('type', { session_id, ref: tree.ref('"Name"'), text: 'Åsa & 李' });
      await server.ok('type', { session_id, ref: tree.ref('"Size"'), text: 'large' });
      await server.ok('click', { session_id, ref: tree.ref('checkbox') });
      await server.ok('type', { session_id, ref: tree.ref('"Remark"'), text: 'two\nlines' });
      const sent = await server.ok('click', { session_id, ref: tree.ref('button "Send"') });
      expect(sent).toMatchObject({ title: 'Thanks', url: `${site.url}/thanks` });
      expect(Object.fromEntries(new URLSearchParams(posted[0]))).toEqual({
        ...{ name: 'Åsa & 李', size: 'large', gift: 'on', remark: 'two\r\nlines' },
      });
      expect(await server.ok('read', { session_id, as: 'text' })).toMatchObject({ text: 'Your order came' });
      expect(await server.ok('back', { session_id })).toMatchObject({ title: 'Order' });
      const again = await server.tree(session_id);
      await server.ok('type', { session_id, ref: again.ref('"Name"'), text: 'Bo', submit: true });
      expect(posted[1]).toContain('name=Bo');
    });
  }, 90_000);

  it('takes pictures of the window, of the whole page and of one element', async () => {
    const site = await WebSite.during({
      '/': `<body style="margin:0;background:rgb(10,120,30)"><div style="height:1500px"></div>
        <button style="width:90px;height:40px;border:0;padding:0;background:rgb(200,0,50)" aria-label=red></button>`,
    });
    await visit(site.url, async (session_id) => {
      const take = async (more: object) => {
        const { content, structuredContent } = await server.call('screenshot', { session_id, ...more });
        expect(content[1]).toMatchObject({ type: 'image', mimeType: 'image/png' });
        const picture = decodePng(Buffer.from(content[1]!.data!, 'base64'));
        expect([structuredContent.width, structuredContent.height]).toEqual([picture.width, picture.height]);
        return picture;
      };
      const view = await take({});
      expect([view.width, view.height]).toEqual([1280, 800]);
      expect(view.pixel(640, 400)).toEqual([10, 120, 30]);
      const whole = await take({ full_page: true });
      expect([whole.width, whole.height]).toEqual([1280, 1540]);
      expect([whole.pixel(45, 1499), whole.pixel(45, 1520)]).toEqual([
        [10, 120, 30],
        [200, 0, 50],
      ]);
      const button = await take({ ref: (await server.tree(session_id)).ref('button "red"') });
      expect([button.width, button.height]).toEqual([90, 40]);
      expect(button.pixel(45, 20)).toEqual([200, 0, 50]);
    });
  }, 60_000);

  it('gives long text in pieces that join to the whole', async () => {
    const words = Array.from({ length: 700 }, (_, at) => `wörd${at}`).join(' ');
    const site = await WebSite.during({ '/': `<p>${words}</p>` });
    await visit(site.url, async (session_id) => {
      let text = '';
      for (let offset: number | undefined = 0; offset !== undefined; ) {
        const part = await server.ok('read', { session_id, as: 'text', offset });
        expect(Buffer.byteLength(part.text)).toBeLessThanOrEqual(1024);
        text += part.text;
        offset = part.next_offset;
      }
      expect(text).toBe(words);
    });
  }, 60_000);

  it('dismisses dialogs, refuses downloads and permissions, and tells of it', async () => {
    const site = await WebSite.during({
      '/': `<button onclick="document.title = String(confirm('Delete all?'))">ask</button><a href=/file>file</a>
        <button onclick="navigator.permissions.query({ name: 'geolocation' }).then((it) => { document.title = it.state })">where</button>`,
      '/file': (_request, response) =>
        response.writeHead(200, { 'content-disposition': 'attachment; filename=evil.exe' }).end('MZ'),
    });
    await visit(site.url, async (session_id) => {
      const tree = await server.tree(session_id);
      const asked = await server.ok('click', { session_id, ref: tree.ref('button "ask"') });
      expect(asked.title).toBe('false');
      expect(asked.notes).toEqual(['a dialog (confirm) was dismissed: Delete all?']);
      const loaded = await server.ok('click', { session_id, ref: tree.ref('link "file"') });
      expect(loaded.notes).toEqual(['a download was refused: evil.exe']);
      expect((await server.ok('click', { session_id, ref: tree.ref('button "where"') })).title).toBe('denied');
    });
  }, 60_000);

  it('follows a page that opens, and closes it on the way back', async () => {
    const site = await WebSite.during({
      '/': '<title>one</title><a href=/two target=_blank>go</a>',
      '/two': '<title>two</title>',
    });
    await visit(site.url, async (session_id) => {
      const opened = await server.ok('click', { session_id, ref: (await server.tree(session_id)).ref('link "go"') });
      expect(opened).toMatchObject({ title: 'two', notes: [expect.stringContaining('a new page was opened')] });
      expect((await server.ok('back', { session_id })).title).toBe('one');
    });
  }, 60_000);

  it('waits for a text that comes late, for one to go, and no longer than asked', async () => {
    const site = await WebSite.during({
      '/': `<p id=p>loading</p><script>setTimeout(() => { p.textContent = 'ready' }, 700)</script>`,
    });
    await visit(site.url, async (session_id) => {
      await server.ok('wait', { session_id, text: 'ready', seconds: 30 });
      await server.ok('wait', { session_id, text: 'loading', gone: true, seconds: 30 });
      expect((await server.ok('read', { session_id, as: 'text' })).text).toBe('ready');
      expect(await server.fault('wait', { session_id, text: 'never', seconds: 0.3 })).toMatchObject({
        code: 'TIMED_OUT',
      });
    });
  }, 60_000);

  it('says what is wrong with a call', async () => {
    const site = await WebSite.during({ '/': '<button disabled>no</button>' });
    expect(await server.fault('navigate', { url: 'example' })).toMatchObject({ code: 'BAD_INPUT' });
    expect(await server.fault('navigate', { url: 'http://nowhere.invalid/' })).toMatchObject({
      code: 'NAVIGATION_FAILED',
    });
    expect(await server.fault('read', { session_id: 'nobody' })).toMatchObject({ code: 'SESSION_UNKNOWN' });
    expect(await server.fault('read', {})).toMatchObject({ code: 'BAD_INPUT' });
    expect(await server.fault('fly', {})).toMatchObject({ code: 'TOOL_UNKNOWN' });
    await visit(site.url, async (session_id) => {
      expect(await server.fault('click', { session_id, ref: 'e99' })).toMatchObject({ code: 'REF_UNKNOWN' });
    });
    const closed = await WebSite.open({});
    await closed.close();
    expect(await server.fault('navigate', { url: closed.url })).toMatchObject({ code: 'NAVIGATION_FAILED' });
  }, 60_000);
});
