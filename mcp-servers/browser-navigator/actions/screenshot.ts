import { Fault } from '../faults.ts';
import type { Session } from '../session.ts';
import { bounded } from './bounded.ts';
import { find, onElement } from './elements.ts';
import { inspect } from './inspect.ts';

const MIB = 1024 * 1024;

export type Shot = { png: Buffer; width: number; height: number };

export async function screenshot(
  session: Session,
  input: { ref: string | undefined; fullPage: boolean },
  signal?: AbortSignal,
): Promise<Shot> {
  const png =
    input.ref === undefined
      ? await ofPage(session, input.fullPage, signal)
      : await ofElement(session, input.ref, signal);
  if (png.length > session.options.screenshotMib * MIB)
    throw new Fault(
      'SCREENSHOT_TOO_LARGE',
      `the picture has ${(png.length / MIB).toFixed(1)} MiB, the limit is ${session.options.screenshotMib} MiB`,
      'take a part: without full_page, or of one element',
    );
  return { png, width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

async function ofPage(session: Session, fullPage: boolean, signal?: AbortSignal): Promise<Buffer> {
  const { actionSeconds, screenshotMegapixels } = session.options;
  const taken = (options: object) =>
    bounded(session.page.screenshot({ type: 'png', scale: 'css', ...options }), actionSeconds + 1, signal);
  if (!fullPage) return taken({});
  const size = await inspect<{ width: number; height: number }>(
    session,
    '(({ scrollWidth: width, scrollHeight: height }) => ({ width, height }))(document.documentElement)',
    signal,
  );
  const width = Math.max(1, Math.min(Math.ceil(size.width), 16_384));
  const most = Math.max(1, Math.floor((screenshotMegapixels * 1_000_000) / width));
  if (size.height <= most && size.width <= width) return taken({ fullPage: true });
  session.note(
    `the page is ${size.width} x ${size.height} pixels; the picture ends at ${width} x ${Math.min(most, size.height)}`,
  );
  return taken({ fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(most, size.height) } });
}

async function ofElement(session: Session, ref: string, signal?: AbortSignal): Promise<Buffer> {
  const element = await find(session, ref, signal);
  const box = await onElement(session, ref, element.boundingBox(), signal);
  if (!box) throw new Fault('ELEMENT_NOT_READY', `the element ${ref} is not visible`, 'read the page again as a tree');
  if (box.width * box.height > session.options.screenshotMegapixels * 1_000_000)
    throw new Fault(
      'SCREENSHOT_TOO_LARGE',
      `the element is ${Math.round(box.width)} x ${Math.round(box.height)} pixels, the limit is ${session.options.screenshotMegapixels} megapixels`,
      'take one of its parts',
    );
  return onElement(session, ref, element.screenshot({ type: 'png', scale: 'css' }), signal);
}
