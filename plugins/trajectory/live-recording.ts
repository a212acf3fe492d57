import { type Fault, fault, type Log } from '#kernel';
import type { Recording, RunEnd, Step } from './api.ts';
import { scenarioOf } from './index/delta.ts';
import type { GroupCommit } from './journal/group-commit.ts';
import { weigh } from './journal/weigh.ts';

export interface RecordingParts {
  readonly id: string;
  readonly hold: number;
  readonly steps: number;
  readonly scenario: string | undefined;
  readonly commit: GroupCommit;
  readonly clean: (name: string) => string;
  readonly log: Log;
  /** Told when nothing more will be written. */
  readonly over: () => void;
}

/** A run that this process writes. */
export class LiveRecording implements Recording {
  readonly id: string;
  readonly #parts: RecordingParts;
  #steps: number;
  #scenario: string | undefined;
  #last: number;
  /** Why no step is taken any more. */
  #closed: Fault | undefined;
  /** Steps that were not taken: nobody may believe that everything is on disk. */
  #refused: Fault | undefined;
  #ending = false;

  /** `last`: the number of its line that begins or resumes the run. */
  constructor(parts: RecordingParts, last: number) {
    this.id = parts.id;
    this.#parts = parts;
    this.#steps = parts.steps;
    this.#scenario = parts.scenario;
    this.#last = last;
  }

  get steps(): number {
    return this.#steps;
  }

  step(step: Step): void {
    const { commit } = this.#parts;
    if (this.#closed !== undefined) return this.#refuse(this.#closed);
    const weight = weigh(step);
    if (!commit.hasRoom(weight)) return this.#breakOff();
    const scenario = scenarioOf(step, this.#parts.clean);
    const before = this.#scenario;
    if (scenario !== undefined) this.#scenario = scenario;
    const i = ++this.#steps;
    this.#last = commit.push(
      { run: this.id, t: 'step', i, step, ...(before !== undefined && { scenario: before }) },
      weight,
    );
  }

  async settled(): Promise<void> {
    await this.#parts.commit.settled(this.#last);
    if (this.#refused !== undefined) throw this.#refused;
  }

  async finish(end: RunEnd): Promise<void> {
    if (this.#closed !== undefined && !this.#ending) throw this.#closed;
    const { hold } = this.#parts;
    if (this.#closed === undefined) {
      this.#ending = true;
      this.#close(closedFault(this.id));
      this.#last = this.#parts.commit.push({ run: this.id, t: 'end', hold, end }, weigh(end));
    }
    await this.#parts.commit.settled(this.#last);
  }

  async suspend(): Promise<void> {
    if (this.#closed === undefined) this.#suspend(closedFault(this.id));
    if (!this.#ending) await this.settled();
  }

  /** The recorder ends. */
  abandon(why: Fault): void {
    if (this.#closed === undefined) this.#suspend(why);
  }

  #suspend(why: Fault): void {
    const { commit, hold } = this.#parts;
    this.#close(why);
    this.#last = commit.push({ run: this.id, t: 'suspend', hold }, 0);
  }

  #close(why: Fault): void {
    this.#closed = why;
    this.#parts.over();
  }

  #breakOff(): void {
    const why = fault('TRAJECTORY_NOT_SAVED', `run "${this.id}" is broken off: too much waits for the disk`, {
      kind: 'unavailable',
      hint: 'await settled() now and then; trajectory.maxWaitingMb is the limit. The run can be resumed.',
    });
    this.#suspend(why);
    this.#refuse(why);
  }

  #refuse(why: Fault): void {
    if (this.#refused === undefined)
      this.#parts.log.warn('a step is not recorded', { run: this.id, after: this.#steps, reason: why.message });
    this.#refused = why;
  }
}

const closedFault = (id: string): Fault =>
  fault('TRAJECTORY_CLOSED', `run "${id}" is not being recorded any more`, { kind: 'conflict' });
