import type { StopKind, StopReason } from './api.ts';

/** Thrown from anywhere within a run to end it. `resumable`: it may go on later, where it stands. */
export class StopRun extends Error {
  readonly stop: StopReason;
  readonly resumable: boolean;

  constructor(kind: StopKind, message: string, more: Omit<StopReason, 'kind' | 'message'> = {}, resumable = false) {
    super(message);
    this.name = 'StopRun';
    this.stop = { kind, message, ...more };
    this.resumable = resumable;
  }
}
export const isStop = (error: unknown): error is StopRun => error instanceof Error && error.name === 'StopRun';
