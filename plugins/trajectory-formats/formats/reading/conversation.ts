import type { RunCall, RunMessage } from '../../api.ts';
import { present } from './present.ts';

interface Draft {
  readonly role: RunMessage['role'];
  text: string;
  reasoning: string;
  readonly calls: Map<string, RunCall>;
  readonly at: number | undefined;
  readonly rest: Pick<RunMessage, 'answers' | 'error' | 'extra'>;
}

/** What the agent did in one turn, whose pieces may come in several entries of a log. */
export interface Turn {
  text?: string | undefined;
  reasoning?: string | undefined;
  calls?: readonly RunCall[];
  at?: number | undefined;
  /** Pieces of the same turn name the same: results that came in between stay behind it. */
  turn?: string | undefined;
}

/** Puts messages together from the entries of a log. */
export class Conversation {
  readonly #drafts: Draft[] = [];
  readonly #turns = new Map<string, Draft>();
  readonly #answered = new Set<string>();

  say(role: 'system' | 'user', text: string, at?: number, extra?: RunMessage['extra']): void {
    if (text !== '')
      this.#drafts.push({
        role,
        text,
        reasoning: '',
        calls: new Map(),
        at,
        rest: extra === undefined ? {} : { extra },
      });
  }

  /** Without a name of the turn, what comes right after another piece of the agent belongs to it. */
  act({ text = '', reasoning = '', calls = [], at, turn }: Turn): void {
    if (text === '' && reasoning === '' && calls.length === 0) return;
    const draft = this.#turnOf(turn) ?? this.#begin(turn, at);
    draft.text = joined(draft.text, text);
    draft.reasoning = joined(draft.reasoning, reasoning);
    for (const call of calls) if (!draft.calls.has(call.id)) draft.calls.set(call.id, call);
  }

  /** The result of a call; the first one counts. */
  answer(id: string | undefined, text: string, error?: boolean, at?: number): void {
    if (id !== undefined && this.#answered.has(id)) return;
    if (id !== undefined) this.#answered.add(id);
    this.#drafts.push({
      role: 'tool',
      text,
      reasoning: '',
      calls: new Map(),
      at,
      rest: present({ answers: id, error }),
    });
  }

  answered(id: string): boolean {
    return this.#answered.has(id);
  }

  get messages(): readonly RunMessage[] {
    return this.#drafts.map(({ role, text, reasoning, calls, at, rest }) =>
      present({
        role,
        text,
        reasoning: reasoning || undefined,
        calls: calls.size > 0 ? [...calls.values()] : undefined,
        at,
        ...rest,
      }),
    );
  }

  #turnOf(turn: string | undefined): Draft | undefined {
    if (turn !== undefined) return this.#turns.get(turn);
    const last = this.#drafts.at(-1);
    return last?.role === 'assistant' ? last : undefined;
  }

  #begin(turn: string | undefined, at: number | undefined): Draft {
    const draft: Draft = { role: 'assistant', text: '', reasoning: '', calls: new Map(), at, rest: {} };
    this.#drafts.push(draft);
    if (turn !== undefined) this.#turns.set(turn, draft);
    return draft;
  }
}

const joined = (before: string, more: string): string =>
  before === '' || more === '' ? before + more : `${before}\n${more}`;

/** What the agent said last, where that was its end: no call of it waits for a result. */
export function lastWords(messages: readonly RunMessage[]): string | undefined {
  const last = messages.at(-1);
  return last?.role === 'assistant' && last.calls === undefined && last.text !== '' ? last.text : undefined;
}
