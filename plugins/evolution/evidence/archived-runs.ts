import type { TrajectoryArchive } from '#plugins/trajectory-archive/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import type { RunLimits } from './recorded-runs.ts';
import { bounded, type UsedCall, type UsedRun, usedCall } from './runs.ts';

const PAGE = 1_000;
const PAGES_A_LOOK = 50;
const READ_AT_ONCE = 20;

/** The newest imported runs. The archive lists from the oldest on, so how far it was listed is remembered. */
export class ArchivedRuns {
  readonly #archive: TrajectoryArchive;
  readonly #limits: RunLimits;
  #after = 0;
  /** The newest, with what their heads tell, and what their content does once it was read. */
  #newest: { readonly id: string; readonly key: string; run?: UsedRun }[] = [];

  constructor(archive: TrajectoryArchive, limits: RunLimits) {
    this.#archive = archive;
    this.#limits = limits;
  }

  forget(id: string): void {
    this.#newest = this.#newest.filter((each) => each.id !== id);
  }

  /** Runs whose key is one of `others` are there already. */
  async newest(others: ReadonlySet<string>, signal: AbortSignal): Promise<readonly UsedRun[]> {
    await this.#list(signal);
    const unread = this.#newest.filter(({ run }) => run === undefined).slice(-this.#limits.runsALook);
    for (let at = 0; at < unread.length; at += READ_AT_ONCE) {
      signal.throwIfAborted();
      const some = unread.slice(at, at + READ_AT_ONCE);
      const runs = new Map((await this.#archive.many(some.map(({ id }) => id))).map((run) => [run.id, run]));
      for (const each of some) {
        const run = runs.get(each.id);
        if (run === undefined) this.forget(each.id);
        else each.run = usedRun(run);
      }
    }
    return this.#newest.flatMap(({ key, run }) => (run === undefined || others.has(key) ? [] : [run]));
  }

  async #list(signal: AbortSignal): Promise<void> {
    for (let page = 0; page < PAGES_A_LOOK; page++) {
      signal.throwIfAborted();
      const heads = await this.#archive.heads(this.#after, PAGE);
      for (const { seq, id, key } of heads) {
        this.#after = Math.max(this.#after, seq);
        this.#newest.push({ id, key });
      }
      this.#newest = this.#newest.slice(-this.#limits.runs);
      if (heads.length < PAGE) return;
    }
  }
}

function usedRun({ id, messages, outcome }: ImportedRun): UsedRun {
  const answers = new Map(
    messages.flatMap((message) => (message.answers === undefined ? [] : [[message.answers, message]])),
  );
  const calls: UsedCall[] = [];
  for (const message of messages) {
    if (message.demo === true) continue;
    for (const { id: call, tool, args, lookup } of message.calls ?? []) {
      if (lookup === true) continue;
      const answer = answers.get(call);
      const name = tool.server === undefined ? tool.name : `${tool.server}/${tool.name}`;
      calls.push(usedCall(name, args, answer?.error !== true, answer?.text));
    }
  }
  return bounded({ id, scenario: undefined, success: outcome.success ?? undefined, calls });
}
