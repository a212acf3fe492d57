import type { Locator } from 'playwright-core';
import { Fault } from '../faults.ts';
import type { Session } from '../session.ts';
import { bounded } from './bounded.ts';
import { settle } from './settle.ts';

const RE_READ = 'read the page again as a tree, and use a ref of that answer';

export async function click(session: Session, ref: string, double: boolean, signal?: AbortSignal): Promise<void> {
  const element = await find(session, ref, signal);
  await settle(session, () => onElement(session, ref, double ? element.dblclick() : element.click(), signal), signal);
}

/** Replaces what the field holds; in a list it chooses the entry. */
export async function type(
  session: Session,
  input: { ref: string; text: string; submit: boolean },
  signal?: AbortSignal,
): Promise<void> {
  const { ref, text, submit } = input;
  const element = await find(session, ref, signal);
  const work = async () => {
    await element.fill(text).catch(async (error: unknown) => {
      if (!/<select>|not an <input>/.test(String(error))) throw error;
      await element.selectOption(text);
    });
    if (submit) await element.press('Enter');
  };
  await settle(session, () => onElement(session, ref, work(), signal), signal);
}

/** Throws REF_UNKNOWN at once, where Playwright would wait for the element to come. */
export async function find(session: Session, ref: string, signal?: AbortSignal): Promise<Locator> {
  const element = session.page.getByRef(ref);
  const count = await bounded(element.count(), session.options.actionSeconds, signal).catch((error: unknown) => {
    if (error instanceof Fault) throw error;
    return 0;
  });
  if (count === 0) throw new Fault('REF_UNKNOWN', `no element has the ref ${ref} now`, RE_READ);
  return element;
}

export async function onElement<T>(session: Session, ref: string, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const { actionSeconds } = session.options;
  try {
    return await bounded(work, actionSeconds * 2, signal);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const why = text
      .split('\n')
      .findLast((line) => /intercepts|not visible|not enabled|not stable|outside|not editable|did not find/.test(line));
    const plain = (why ?? text.split('\n')[0] ?? '').replace(/^[\s-]+|^locator\.\w+: /g, '').slice(0, 300);
    throw new Fault('ELEMENT_NOT_READY', `the element ${ref} could not be used: ${plain}`, RE_READ);
  }
}
