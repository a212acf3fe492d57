import { askedOf, type CallRecord, recordOf } from './call-record.ts';
import { Chanting } from './chanting.ts';
import { Compactions } from './compactions.ts';
import { Cycles } from './cycles.ts';
import { delegation } from './delegations.ts';
import { Monologue } from './monologue.ts';
import { Outage } from './outage.ts';
import { Progress } from './progress.ts';
import { SameCall } from './same-call.ts';
import { SameError } from './same-error.ts';
import { Seen } from './seen.ts';
import { alarm, GUARD_DEFAULTS, OK, type Settings } from './settings.ts';
import type { Guard, GuardedCall, GuardKind, GuardOptions, GuardVerdict } from './verdict.ts';

export { GUARD_DEFAULTS } from './settings.ts';

const REMEMBERED = 4_096;

/** Watches one run. Deterministic, without clock, input or output; work and memory are bounded whatever it is told. */
export const createGuard = (options: GuardOptions = {}): Guard =>
  new LoopGuard({ ...GUARD_DEFAULTS, ...options, off: new Set(options.off) });

class LoopGuard implements Guard {
  readonly #off: ReadonlySet<GuardKind>;
  readonly #sameCall: SameCall;
  readonly #sameError: SameError;
  readonly #outage: Outage;
  readonly #cycles: Cycles;
  readonly #progress: Progress;
  readonly #monologue: Monologue;
  readonly #chanting = new Chanting();
  readonly #compactions = new Compactions();
  /** What was asked, with the number of compressions before it. */
  readonly #asked = new Seen(REMEMBERED);
  readonly #readAgain = new Seen(REMEMBERED);
  #compressed = 0;
  #calls = 0;
  #messages = 0;
  /** What `before` stopped, by what was asked: the next answer to it is not the tool's. Side by side there may be many. */
  readonly #refused = new Map<number, CallRecord>();

  constructor(settings: Settings) {
    this.#off = settings.off;
    this.#sameCall = new SameCall(settings);
    this.#sameError = new SameError(settings);
    this.#outage = new Outage(settings);
    this.#cycles = new Cycles(settings);
    this.#progress = new Progress(settings);
    this.#monologue = new Monologue(settings);
  }

  call(call: GuardedCall): GuardVerdict {
    const record = this.#take(call);
    this.#monologue.reset();
    this.#chanting.reset();
    const out = this.#only('infra_outage', this.#outage.call(record));
    if (record.infrastructure) return out;
    if (this.#isReadAgain(record)) return OK;
    // All of them are told of every call; the first that objects speaks.
    const error = this.#only('same_error', this.#sameError.call(record));
    const same = this.#only('same_call', this.#sameCall.call(record));
    const cycle = this.#only('cycle', this.#cycles.call(record));
    const progress = this.#only('no_progress', this.#progress.call(record));
    const isErrorWatched = record.family !== undefined && !this.#off.has('same_error');
    const verdicts = [error, isErrorWatched ? OK : same, cycle, progress];
    return (
      verdicts.find(({ verdict }) => verdict === 'stop') ?? verdicts.find(({ verdict }) => verdict === 'nudge') ?? OK
    );
  }

  before(name: string, args: unknown): GuardVerdict {
    const asked = [askedOf(name, args, false), askedOf(name, args, true)];
    for (const each of asked) this.#refused.delete(each);
    for (const [kind, detector] of [
      ['same_error', this.#sameError],
      ['same_call', this.#sameCall],
    ] as const) {
      if (this.#off.has(kind)) continue;
      const warned = asked.map((each) => detector.warned(each)).find((each) => each !== undefined);
      if (warned === undefined || warned.poll) continue;
      this.#refused.set(warned.asked, warned);
      const what = `${name} was not called: the arguments are the same as before, and so was its answer: ${warned.preview}`;
      return alarm(
        'stop',
        kind,
        detector.evidence,
        `${what}\nChange the arguments, use what it said, or take another way.`,
      );
    }
    return OK;
  }

  message(text: string): GuardVerdict {
    this.#chanting.reset();
    return this.#only('monologue', this.#monologue.message(text, this.#messages++));
  }

  stream(delta: string): GuardVerdict {
    return this.#off.has('chanting') ? OK : this.#chanting.stream(delta, this.#messages);
  }

  compaction(before: number, after: number): GuardVerdict {
    this.#compressed++;
    return this.#only('compaction_loop', this.#compactions.compaction(before, after, this.#calls));
  }

  delegation(task: string, chain: readonly string[]): GuardVerdict {
    return this.#only('delegation_loop', delegation(task, chain));
  }

  userTurn(): void {
    for (const each of [this.#sameCall, this.#sameError, this.#outage, this.#cycles, this.#progress]) each.reset();
    for (const each of [this.#monologue, this.#chanting, this.#compactions]) each.reset();
    this.#asked.clear();
    this.#readAgain.clear();
    this.#refused.clear();
  }

  #only(kind: GuardKind, verdict: GuardVerdict): GuardVerdict {
    return this.#off.has(kind) ? OK : verdict;
  }

  /** An answer that `before` made us give counts as the one that the tool gave last. */
  #take(call: GuardedCall): CallRecord {
    const number = this.#calls++;
    if (this.#refused.size > 0)
      for (const acted of [false, true]) {
        const asked = askedOf(call.name, call.args, acted);
        const refused = this.#refused.get(asked);
        this.#refused.delete(asked);
        if (refused !== undefined) return { ...refused, number };
      }
    return recordOf(call, number);
  }

  /** What a compression took away may be asked for once more, and that is no repetition. */
  #isReadAgain({ asked }: CallRecord): boolean {
    const before = this.#asked.get(asked);
    this.#asked.add(asked, this.#compressed);
    return before !== undefined && before < this.#compressed && this.#readAgain.add(asked);
  }
}
