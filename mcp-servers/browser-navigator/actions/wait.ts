import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../faults.ts';
import type { Session } from '../session.ts';
import { bounded } from './bounded.ts';

export type Wait = { text: string | undefined; gone: boolean; seconds: number };

/** Waits until the text is seen in the page (or is no more), or for the time alone. */
export async function wait(session: Session, { text, gone, seconds }: Wait, signal?: AbortSignal): Promise<void> {
  if (text === undefined) {
    await bounded(delay(seconds * 1000, undefined, signal ? { signal } : {}), seconds + 1, signal);
    if (session.lost) throw session.lost;
    return;
  }
  const place = session.page.getByText(text).filter({ visible: true }).first();
  const waiting = place.waitFor({ state: gone ? 'hidden' : 'visible', timeout: seconds * 1000 });
  await bounded(waiting, seconds + 1, signal).catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'CANCELLED') throw error;
    if (session.lost) throw session.lost;
    if (!(error instanceof Fault) && !/timeout/i.test(String(error))) throw error;
    const what = gone ? `"${text}" was still there` : `"${text}" did not come`;
    throw new Fault('TIMED_OUT', `${what} within ${seconds} s`, 'read the page to see what it shows now');
  });
}
