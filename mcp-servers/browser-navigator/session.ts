import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import type { Browser } from './browser.ts';
import { AllowedHosts } from './egress/allowed-hosts.ts';
import { EgressProxy } from './egress/proxy.ts';
import { Fault } from './faults.ts';
import type { Options } from './options.ts';

const MAX_NOTES = 20;
const MAX_NOTE_CHARS = 300;

/** One browser context with its pages, its own way out, and what happened that the caller should hear of. */
export class Session {
  readonly id: string;
  readonly options: Options;
  readonly proxy: EgressProxy;
  /** Why the session cannot go on, or undefined. */
  lost: Fault | undefined;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #pages: Page[] = [];
  #notes: string[] = [];
  #closed: Promise<void> | undefined;

  private constructor(id: string, options: Options, browser: Browser, context: BrowserContext, proxy: EgressProxy) {
    this.id = id;
    this.options = options;
    this.proxy = proxy;
    this.#browser = browser;
    this.#context = context;
    context.on('page', (page) => this.#adopt(page));
    context.once('close', () => {
      this.lost ??= this.#lostFault('the browser ended');
      void this.close();
    });
  }

  static async open(id: string, options: Options, browser: Browser): Promise<Session> {
    const proxy = new EgressProxy(new AllowedHosts(options.allowPrivate), options);
    try {
      const context = await browser.chromium.newContext({
        acceptDownloads: false,
        serviceWorkers: 'block',
        viewport: { width: options.viewportWidth, height: options.viewportHeight },
        proxy: { server: await proxy.listen() },
      });
      context.setDefaultTimeout(options.actionSeconds * 1000);
      context.setDefaultNavigationTimeout(options.navigationSeconds * 1000);
      await context.grantPermissions([]); // an empty list denies what is not in it
      const session = new Session(id, options, browser, context, proxy);
      await context.newPage();
      return session;
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  /** The page that calls act on: the one opened last. */
  get page(): Page {
    if (this.lost) throw this.lost;
    const page = this.#pages.at(-1);
    if (!page)
      throw new Fault('PAGE_CRASHED', 'the session has no page any more', 'open a new one with browser_navigate');
    return page;
  }

  get pageCount(): number {
    return this.#pages.length;
  }

  /** A channel to the page beside its scripts: what runs by it sees the page, but nothing that the page replaced. */
  inspector(): Promise<CDPSession> {
    return this.#context.newCDPSession(this.page);
  }

  begin(): void {
    this.proxy.begin();
  }

  /** The notes have been told. What happens between two calls is told by the later one. */
  forget(): void {
    this.#notes = [];
    this.proxy.forget();
  }

  note(text: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push(text.slice(0, MAX_NOTE_CHARS));
  }

  /** Dialogs, refused downloads and hosts, and the like, since forget(). */
  get notes(): string[] {
    const forbidden = this.proxy.unreached.filter((each) => each.refused);
    const hosts = new Map(forbidden.map(({ host, port, reason }) => [`${host}:${port}`, reason]));
    const refused = [...hosts]
      .slice(0, MAX_NOTES)
      .map(([host, reason]) => `a request to ${host} was refused: ${reason}`);
    const cut = this.proxy.exceeded
      ? [`the page wanted more than ${this.options.transferMib} MiB: its connections were cut`]
      : [];
    return [...this.#notes, ...refused, ...cut];
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.lost ??= new Fault('SESSION_UNKNOWN', 'the session was closed', 'open a new one with browser_navigate');
      await Promise.all([this.#context.close().catch(() => {}), this.proxy.close()]);
    })();
    return this.#closed;
  }

  #adopt(page: Page): void {
    if (this.#pages.length >= this.options.pages) {
      this.note(`a new page was refused: ${this.options.pages} are open, which is the limit`);
      void page.close().catch(() => {});
      return;
    }
    if (this.#pages.length > 0) this.note('a new page was opened, and is the current one; browser_back closes it');
    this.#pages.push(page);
    page.once('close', () => {
      const at = this.#pages.indexOf(page);
      if (at >= 0) this.#pages.splice(at, 1);
    });
    page.once('crash', () => {
      this.lost ??= this.#lostFault('the page crashed');
      void this.close();
    });
    page.on('dialog', (dialog) => {
      const leaving = dialog.type() === 'beforeunload';
      if (!leaving) this.note(`a dialog (${dialog.type()}) was dismissed: ${dialog.message()}`);
      // Dismissing this one would keep a page open against the caller's will.
      void (leaving ? dialog.accept() : dialog.dismiss()).catch(() => {});
    });
    page.on('download', (download) => {
      this.note(`a download was refused: ${download.suggestedFilename()}`);
      void download.cancel().catch(() => {});
    });
    page.on('filechooser', () => this.note('the page asked for a file, which is not possible here'));
  }

  #lostFault(what: string): Fault {
    const { outOfMemory } = this.#browser;
    return outOfMemory === undefined
      ? new Fault('PAGE_CRASHED', `${what}; the session is gone`, 'open a new one with browser_navigate')
      : new Fault('MEMORY_EXCEEDED', `${outOfMemory}; the session is gone`, 'open a lighter page in a new session');
  }
}
