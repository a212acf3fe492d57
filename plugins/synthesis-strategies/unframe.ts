import { visible } from './plain-text.ts';
import { FRAMES, LEADS, REST, WRAPPED } from './words/request-frames.ts';

/** Longer requests than this are documents: what follows is not looked at. */
const LONGEST = 20_000;

/** The task without what a harness put around it. */
export function unframed(text: string): string {
  let task = visible(text.slice(0, LONGEST));
  for (const [wrapped, before] of WRAPPED) {
    const inner = wrapped.exec(task)?.[2];
    if (inner !== undefined && inner.length > 10) task = before + inner;
  }
  for (const rest of REST) {
    const at = task.search(rest);
    // What is all frame is no frame.
    if (at > 20) task = task.slice(0, at);
  }
  for (const [frame, instead] of FRAMES) task = task.replace(frame, instead);
  return task
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** What a harness says before a bare task, as an instruction: a report of a fault is to be mended. Empty where it says nothing. */
export function leadOf(message: string): string {
  const head = message.slice(0, LONGEST);
  return LEADS.find(([frame]) => frame.test(head))?.[1] ?? '';
}
