import { setTimeout as delay } from 'node:timers/promises';
import type { Page, Request } from 'playwright-core';
import { Fault } from '../faults.ts';
import type { Session } from '../session.ts';
import { bounded } from './bounded.ts';

/** A click may start a navigation a little later, by a script. */
const REACTION_MS = 400;

/**
 * Does something to the page, then waits until what came of it is loaded: the same page, or one that was opened. Throws
 * ADDRESS_REFUSED where it led to a refused address, also by a redirect.
 */
export async function settle(
  session: Session,
  act: (page: Page) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const { navigationSeconds } = session.options;
  const page = session.page;
  const before = session.pageCount;
  const watch = watchNavigation(page);
  try {
    try {
      await act(page);
    } catch (error) {
      throw unreachedTarget(session, watch.target()) ?? error;
    }
    await bounded(Promise.race([delay(REACTION_MS), watch.started]), navigationSeconds, signal);
    const opened = session.pageCount > before ? session.page : undefined;
    const isLoaded = (which: Page) => which.waitForLoadState('load', { timeout: navigationSeconds * 1000 });
    const moved = opened === undefined && watch.target() !== undefined;
    const loaded = moved ? watch.ended.then(() => isLoaded(page)) : isLoaded(opened ?? page);
    await bounded(loaded, navigationSeconds, signal).catch((error: unknown) => {
      if (error instanceof Fault && error.code === 'CANCELLED') throw error;
      if (session.lost) throw session.lost;
      session.note(`the page was still loading after ${navigationSeconds} s`);
    });
    const refused = unreachedTarget(
      session,
      watch.target() ?? (opened && session.page === opened ? opened.url() : undefined),
    );
    if (refused) throw refused;
    if (session.proxy.exceeded) session.note('what is shown may be incomplete');
  } finally {
    watch.stop();
  }
}

/** The fault for a navigation that led nowhere, or undefined. */
export function unreachedTarget(session: Session, target: string | undefined): Fault | undefined {
  if (target === undefined || !URL.canParse(target)) return undefined;
  const { hostname, port, protocol } = new URL(target);
  const wanted = Number(port || (protocol === 'https:' ? 443 : 80));
  const host = hostname.replace(/^\[|\]$/g, '');
  const found = session.proxy.unreached.find(
    (each) => each.host.replace(/^\[|\]$/g, '') === host && each.port === wanted,
  );
  if (!found) return undefined;
  if (found.refused) return addressRefused(host, found.reason);
  return new Fault('NAVIGATION_FAILED', `${host}:${wanted} does not answer (${found.reason})`, 'check the address');
}

export function addressRefused(host: string, reason: string): Fault {
  return new Fault(
    'ADDRESS_REFUSED',
    `${host} is refused: ${reason}`,
    'only addresses on the public internet are opened; the operator can allow a host with --allow-private',
  );
}

function watchNavigation(page: Page) {
  let target: string | undefined;
  let begin = () => {};
  let end = () => {};
  const started = new Promise<void>((resolve) => (begin = resolve));
  const ended = new Promise<void>((resolve) => (end = resolve));
  const isMain = (request: Request) => {
    try {
      return request.isNavigationRequest() && request.frame() === page.mainFrame();
    } catch {
      return false; // a request of no frame, such as that of a worker
    }
  };
  const onRequest = (request: Request) => {
    if (!isMain(request)) return;
    target = request.url();
    begin();
  };
  const onFailed = (request: Request) => {
    if (isMain(request)) end();
  };
  const onNavigated = (frame: unknown) => {
    if (frame === page.mainFrame()) end();
  };
  page.on('request', onRequest).on('requestfailed', onFailed).on('framenavigated', onNavigated).on('close', end);
  const stop = () => {
    page.off('request', onRequest).off('requestfailed', onFailed).off('framenavigated', onNavigated).off('close', end);
  };
  return { started, ended, stop, target: () => target };
}
