import type { Message, Part, TextPart, ToolPart } from '../message.ts';
import { extraOf, FORM, keptOf, type Members, type Provider, RESULT, record } from './kept.ts';

/** A result as a provider has it. */
export interface Result {
  /** The call's id, or the function's name where calls have no ids. */
  readonly of: string;
  readonly state: 'done' | 'error';
  readonly output: string;
  readonly members: Members;
  readonly form: Members;
}

interface Draft {
  readonly message: Message;
  readonly parts: Part[];
  /** Indexes of calls, in the order of their results. */
  readonly answered: number[];
}

/** Puts results to their calls while a provider's history is read. */
export class HistoryBuilder {
  readonly #provider: Provider;
  readonly #at: number;
  readonly #drafts: Draft[] = [];
  readonly #calls = new Set<string>();
  /** Calls without result, newest last, by what a result names them with. */
  readonly #open = new Map<string, (readonly [Draft, number])[]>();
  #isTaskKnown = false;

  constructor(provider: Provider, at: number) {
    this.#provider = provider;
    this.#at = at;
  }

  add(role: Message['role'], parts: readonly Part[], kept: Members): void {
    const isTask = role === 'user' && !this.#isTaskKnown;
    this.#isTaskKnown ||= isTask;
    const id = `m${this.#drafts.length + 1}`;
    const extra = extraOf(this.#provider, kept);
    const message: Message = { id, role, parts: [], at: this.#at, ...(isTask && { kind: 'task' as const }), ...extra };
    const draft: Draft = { message, parts: [], answered: [] };
    for (const part of parts) {
      if (part.type !== 'tool') draft.parts.push(part);
      else this.#call(draft, part);
    }
    this.#drafts.push(draft);
  }

  /** A result without a call is told as what a user says: no provider takes it as a result. */
  result(result: Result): void {
    const open = this.#take(result.of);
    if (open === undefined) {
      const part: TextPart = { type: 'text', text: `Result of the call ${result.of}:\n${result.output}` };
      this.add('user', [part], {});
      return;
    }
    const [draft, index] = open;
    const { state, output, members, form } = result;
    draft.answered.push(index);
    const call = draft.parts[index] as ToolPart;
    draft.parts[index] = withResult({ ...call, state, output }, this.#provider, record(members, form));
  }

  build(): Message[] {
    return this.#drafts.map(({ message, parts, answered }) => {
      const isInOrder = answered.every((index, n) => n === 0 || index > answered[n - 1]!);
      // Only another order than that of the calls has to be remembered.
      if (!isInOrder)
        for (const [place, index] of answered.entries())
          parts[index] = placed(parts[index] as ToolPart, this.#provider, place);
      return { ...message, parts };
    });
  }

  #call(draft: Draft, part: ToolPart): void {
    const { form } = keptOf(part, this.#provider);
    const key = form.old === true ? part.name : part.call;
    const call = this.#unique(part.call);
    const kept = part.extra?.[this.#provider] as Members | undefined;
    const renamed =
      call === part.call || part.call === '' ? part : { ...part, ...this.#keep(kept, { ...form, id: part.call }) };
    const open = this.#open.get(key) ?? [];
    open.push([draft, draft.parts.length]);
    this.#open.set(key, open);
    draft.parts.push({ ...renamed, call });
  }

  /** The first call of that name in the newest message that has one without result. */
  #take(of: string): readonly [Draft, number] | undefined {
    const open = this.#open.get(of);
    const newest = open?.at(-1)?.[0];
    return (
      newest &&
      open?.splice(
        open.findIndex(([draft]) => draft === newest),
        1,
      )[0]
    );
  }

  #keep(kept: Members | undefined, form: Members) {
    return extraOf(this.#provider, { ...kept, [FORM]: form });
  }

  #unique(wanted: string): string {
    const base = wanted === '' ? 'call' : wanted;
    let call = base;
    for (let n = 2; this.#calls.has(call); n++) call = `${base}_${n}`;
    this.#calls.add(call);
    return call;
  }
}

function withResult(part: ToolPart, provider: Provider, kept: Members): ToolPart {
  if (Object.keys(kept).length === 0) return part;
  const of = part.extra?.[provider] as Members | undefined;
  return { ...part, extra: { ...part.extra, [provider]: { ...of, [RESULT]: kept } } };
}

function placed(part: ToolPart, provider: Provider, place: number): ToolPart {
  const of = part.extra?.[provider] as Members | undefined;
  const result = of?.[RESULT] as Members | undefined;
  const form = result?.[FORM] as Members | undefined;
  return withResult(part, provider, { ...result, [FORM]: { ...form, place } });
}
