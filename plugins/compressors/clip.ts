import type { CompressionJob, Message, MessageCounter, Part, ToolPart } from '#plugins/context/api';

/** Of a clipped output at least so much is left, pointer included. */
const LEAST_TOKENS = 80;

/**
 * The message with its outputs cut to head and tail, so that it has at most `room` tokens where that is possible; the
 * whole of each stays within reach. Small outputs stay whole, the large ones share what is left evenly.
 */
export async function clipOutputs(message: Message, room: number, job: CompressionJob): Promise<Message> {
  const { counter, protectedTools } = job;
  const isClippable = (part: Part): part is ToolPart & { output: string } =>
    part.type === 'tool' && part.output !== undefined && !protectedTools.has(part.name);
  const sizes = message.parts.filter(isClippable).map(({ output }) => counter.text(output));
  const rest = counter.message(message) - sizes.reduce((sum, size) => sum + size, 0);
  const most = Math.max(LEAST_TOKENS, fairShare(sizes, room - rest));
  const parts: Part[] = [];
  for (const part of message.parts) {
    if (!isClippable(part) || counter.text(part.output) <= most) parts.push(part);
    else {
      job.signal.throwIfAborted();
      // What was masked or clipped before has its pointer: the whole is behind that one.
      const pruned = part.pruned ?? (await job.keep(part.output));
      const gap = `\n[... cut to save room; whole: ${pruned.bytes} bytes. Call read_pruned with id "${pruned.id}".]\n`;
      parts.push({ ...part, output: headAndTail(part.output, most, gap, counter), pruned });
    }
  }
  return parts.every((part, index) => part === message.parts[index]) ? message : { ...message, parts };
}

/** The largest size that each may have, so that all together have `room`. */
function fairShare(sizes: readonly number[], room: number): number {
  let [left, open] = [room, sizes.length];
  for (const size of [...sizes].sort((a, b) => a - b)) {
    if (size * open > left) return Math.floor(left / open);
    left -= size;
    open--;
  }
  return Number.POSITIVE_INFINITY;
}

/** Two thirds of the room for the head: what a tool says first is mostly what it was asked. */
export function headAndTail(text: string, tokens: number, gap: string, counter: MessageCounter): string {
  const room = tokens - counter.text(gap);
  let units = Math.floor((text.length * room) / Math.max(1, counter.text(text)));
  for (;;) {
    const cut =
      units < 8 ? gap.trim() : `${head(text, Math.ceil((units * 2) / 3))}${gap}${tail(text, Math.floor(units / 3))}`;
    if (units < 8 || counter.text(cut) <= tokens) return cut;
    units = Math.floor(units * 0.85);
  }
}

/** Never half a surrogate pair. */
export const head = (text: string, units: number): string => text.slice(0, isHigh(text, units - 1) ? units - 1 : units);
export const tail = (text: string, units: number): string => {
  const from = text.length - units;
  return text.slice(isHigh(text, from - 1) ? from + 1 : from);
};
const isHigh = (text: string, at: number): boolean => {
  const unit = at < 0 ? 0 : text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
};
