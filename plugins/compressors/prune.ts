import type { CompressionJob, Compressor, Message, Part, ToolPart } from '#plugins/context/api';
import type { CompressorsConfig } from './config.ts';
import { stubOf } from './stub.ts';

type Answered = ToolPart & { readonly output: string };
/** Files are written side by side, but not hundreds at once. */
const AT_ONCE = 16;
/** A stub in tokens, for the reckoning. */
const STUB_TOKENS = 150;

/**
 * Masks old tool outputs: a stub with a pointer takes the place of each. It edits seldom and much at once, for each edit
 * costs the provider's cache all that follows it.
 */
export class PruneCompressor implements Compressor {
  readonly #config: CompressorsConfig['prune'];

  constructor(config: CompressorsConfig['prune']) {
    this.#config = config;
  }

  async compress(history: readonly Message[], job: CompressionJob): Promise<readonly Message[]> {
    const { counter } = job;
    const { protectTokens, protectShare, minimumTokens, minimumShare } = this.#config;
    const size = counter.messages(history);
    if (size <= job.targetTokens) return history;
    const masked = this.#maskable(history, Math.min(protectTokens, protectShare * size), job);
    const won = masked.reduce((sum, { output }) => sum + counter.text(output) - STUB_TOKENS, 0);
    if (won < Math.min(minimumTokens, minimumShare * size)) return history;
    const stubs = new Map<ToolPart, ToolPart>();
    for (let at = 0; at < masked.length; at += AT_ONCE) {
      job.signal.throwIfAborted();
      const stubbed = masked.slice(at, at + AT_ONCE).map(async (part) => stubs.set(part, await mask(part, job)));
      await Promise.all(stubbed);
    }
    return history.map((message) =>
      message.parts.some((part) => stubs.has(part as ToolPart))
        ? { ...message, parts: message.parts.map((part): Part => stubs.get(part as ToolPart) ?? part) }
        : message,
    );
  }

  /** Outputs that are older than the protected ones, oldest first. */
  #maskable(
    history: readonly Message[],
    protectTokens: number,
    { counter, protectedTools }: CompressionJob,
  ): Answered[] {
    const fresh = this.#freshOf(history);
    const found: Answered[] = [];
    let newer = 0;
    for (const message of history.toReversed()) {
      const outputs = message.parts.filter(isAnswered);
      for (const part of outputs.toReversed()) {
        const tokens = counter.text(part.output);
        newer += tokens;
        if (newer <= protectTokens || fresh.has(message)) continue;
        const isKept = part.state === 'error' || part.pruned !== undefined || protectedTools.has(part.name);
        if (!isKept && tokens >= Math.max(STUB_TOKENS, this.#config.minOutputTokens)) found.push(part);
      }
    }
    return found.reverse();
  }

  /** The newest message with outputs of each of the last user turns. */
  #freshOf(history: readonly Message[]): ReadonlySet<Message> {
    const fresh = new Set<Message>();
    let turns = 0;
    let found = false;
    for (const message of history.toReversed()) {
      if (turns >= this.#config.keepTurns) break;
      if (!found && message.parts.some(isAnswered)) {
        found = true;
        fresh.add(message);
      }
      if (message.role === 'user' && (message.kind === undefined || message.kind === 'task')) {
        turns++;
        found = false;
      }
    }
    return fresh;
  }
}

const isAnswered = (part: Part): part is Answered => part.type === 'tool' && part.output !== undefined;

async function mask(part: Answered, job: CompressionJob): Promise<ToolPart> {
  const pruned = await job.keep(part.output);
  return { ...part, output: stubOf(part.output, pruned), pruned };
}
