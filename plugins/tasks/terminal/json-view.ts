import type { AgentEvent } from '#plugins/agent-runtime/api';
import { agentEventWire } from '../wire.ts';
import type { RunView } from './run-view.ts';
import type { Screen } from './terminal.ts';

/** Every event as one JSON object a line; the last line of a run is its `done`, which comes from its result. */
export class JsonView implements RunView {
  readonly #out: Screen;
  readonly #errors: Screen;

  constructor(out: Screen, errors: Screen) {
    this.#out = out;
    this.#errors = errors;
  }

  event(event: AgentEvent): void {
    if (event.type !== 'done') this.#out.write(`${JSON.stringify(agentEventWire(event))}\n`);
  }
  say(line: string): void {
    this.#errors.write(`${line}\n`);
  }
  ask<T>(question: () => Promise<T>): Promise<T> {
    return question();
  }
  close(): void {}
  hasShown(): boolean {
    return true;
  }
}
