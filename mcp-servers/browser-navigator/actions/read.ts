import { Fault } from '../faults.ts';
import type { Session } from '../session.ts';
import { bounded } from './bounded.ts';
import { inspect } from './inspect.ts';

/** `offset` and `total` count UTF-16 units of the whole text. */
export type Reading = { text: string; total: number; next: number | undefined };

/** The words that a person would see. */
export async function readText(session: Session, offset: number, signal?: AbortSignal): Promise<Reading> {
  const limit = session.options.textBytes;
  const expression = `(() => {
    const text = (document.body ?? document.documentElement)?.innerText ?? '';
    return { part: text.slice(${offset}, ${offset + limit}), total: text.length };
  })()`;
  const { part, total } = await inspect<{ part: string; total: number }>(session, expression, signal);
  return reading(part, offset, total, limit);
}

/** The accessibility tree, frames included, with a ref at each element that can be used. */
export async function readTree(session: Session, offset: number, signal?: AbortSignal): Promise<Reading> {
  const { actionSeconds, textBytes } = session.options;
  const snapshot = session.page.ariaSnapshot({ mode: 'ai', timeout: actionSeconds * 1000 });
  const tree = await bounded(snapshot, actionSeconds + 1, signal).catch((error: unknown) => {
    if (!/timeout/i.test(String(error))) throw error;
    throw new Fault('TIMED_OUT', `the page could not be read within ${actionSeconds} s`, 'wait, then read it again');
  });
  return reading(tree.slice(offset, offset + textBytes), offset, tree.length, textBytes);
}

/** Cut to bytes, but never inside a character. */
function reading(part: string, offset: number, total: number, limit: number): Reading {
  let text = part;
  if (Buffer.byteLength(text) > limit)
    text = new TextDecoder().decode(Buffer.from(text).subarray(0, limit), { stream: true });
  if (text.isWellFormed() === false && text.length > 1 && /[\uD800-\uDBFF]$/.test(text)) text = text.slice(0, -1);
  const end = offset + text.length;
  return { text, total, next: end < total ? end : undefined };
}
