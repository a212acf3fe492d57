import type { CompressionJob, Compressor, Message } from '#plugins/context/api';
import { pinnedOf, withAfterTask } from './pinned.ts';
import { keepRecent } from './recent.ts';

const MARK = 'truncated';

/** Takes the oldest messages away, whole ones; the task, the newest message of a person and a summary stay. */
export const truncate: Compressor = {
  compress: async (history: readonly Message[], job: CompressionJob): Promise<readonly Message[]> => {
    const { counter, targetTokens } = job;
    if (counter.messages(history) <= targetTokens) return history;
    const pinned = new Set(pinnedOf(history));
    const summary = history.findLast(({ kind }) => kind === 'summary');
    const mark = history.find(({ id }) => id === MARK) ?? markAt(history[0]?.at ?? 0);
    const roomBeside = (): number => targetTokens - counter.messages([...pinned]) - counter.message(mark);
    // What a summary tells is worth more than the newest words, but not than all of them.
    if (summary !== undefined && counter.message(summary) <= roomBeside() / 2) pinned.add(summary);
    const room = roomBeside();
    if (history.includes(mark)) pinned.add(mark);
    const { kept, dropped } = await keepRecent(history, pinned, room, job);
    const clipped = [...kept].some(([before, after]) => before !== after);
    if (dropped.length === 0 && !clipped) return history;
    return withAfterTask(history, kept, dropped.length === 0 || history.includes(mark) ? [] : [mark]);
  },
};

/** Always the same text, so that a provider's cache holds over the next time. */
const markAt = (at: number): Message => ({
  id: MARK,
  role: 'user',
  kind: 'notice',
  parts: [{ type: 'text', text: '[Older messages were removed here to save room.]' }],
  at,
});
