import { AllowedHosts } from '../egress/allowed-hosts.ts';
import { checkedAddresses, Refusal } from '../egress/checked-address.ts';
import { Fault } from '../faults.ts';
import type { Options } from '../options.ts';
import type { Session } from '../session.ts';
import { bounded } from './bounded.ts';
import { addressRefused, settle } from './settle.ts';

/** Refuses what can be refused before a browser is started; what the page then asks for is checked on its way out. */
export async function checkTarget(text: string, options: Options, signal?: AbortSignal): Promise<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw new Fault('BAD_INPUT', `"${text}" is not a URL`, 'write it whole, such as https://example.org/page');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Fault('ADDRESS_REFUSED', `${url.protocol} is refused`, 'only http: and https: pages are opened');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const looked = checkedAddresses(url.hostname, port, new AllowedHosts(options.allowPrivate));
  await bounded(looked, options.navigationSeconds, signal).catch((error: unknown) => {
    if (error instanceof Fault) throw error;
    if (error instanceof Refusal) throw addressRefused(url.hostname, error.reason);
    throw new Fault('NAVIGATION_FAILED', `the name ${url.hostname} was not found`, 'check the spelling');
  });
  return url.href;
}

/** Opens the page; the HTTP status, where there was an answer. */
export async function navigate(session: Session, url: string, signal?: AbortSignal): Promise<number | undefined> {
  let status: number | undefined;
  const { navigationSeconds } = session.options;
  await settle(
    session,
    async (page) => {
      const opened = page.goto(url, { waitUntil: 'commit' });
      const response = await bounded(opened, navigationSeconds + 1, signal).catch((error: unknown) => {
        throw failed(error, url, session);
      });
      status = response?.status();
    },
    signal,
  );
  return status;
}

/** One page back; a page that was opened from another and has no past is closed. */
export async function back(session: Session, signal?: AbortSignal): Promise<void> {
  await settle(
    session,
    async (page) => {
      const moved = await bounded(
        page.goBack({ waitUntil: 'commit' }),
        session.options.navigationSeconds + 1,
        signal,
      ).catch((error: unknown) => {
        throw failed(error, 'the page before', session);
      });
      if (moved !== null || session.pageCount < 2) {
        if (moved === null && page.url() === 'about:blank') session.note('there is no page before this one');
        return;
      }
      await page.close();
      session.note('the page that had been opened was closed');
    },
    signal,
  );
}

function failed(error: unknown, url: string, session: Session): unknown {
  if (error instanceof Fault) return error;
  const text = error instanceof Error ? error.message : String(error);
  const reason = /net::(ERR_\w+)/.exec(text)?.[1];
  if (reason === 'ERR_ABORTED' && session.notes.length > 0)
    return new Fault('NAVIGATION_FAILED', `${url} was not opened: ${session.notes.join('; ')}`);
  if (session.proxy.exceeded)
    return new Fault(
      'TRANSFER_EXCEEDED',
      `${url} is larger than ${session.options.transferMib} MiB, which is the limit`,
    );
  if (/timeout/i.test(text))
    return new Fault(
      'TIMED_OUT',
      `${url} did not answer within ${session.options.navigationSeconds} s`,
      'try again later',
    );
  return new Fault('NAVIGATION_FAILED', `${url} was not opened: ${reason ?? text.split('\n')[0]}`, 'check the address');
}
