import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '#kernel';
import type { Agent, AgentEvent, AgentResult, AgentTask, RunOptions, StopKind } from '#plugins/agent-runtime/api';

/**
 * An agent without a model, behind the door of the real one: what it does stands in the task. `steps=3 ms=20 answer=yes`,
 * `stop=budget_usd`, `wait=tool`, `ask=Which?`, `permit`, `say=text` (streamed, \n and \e allowed), `throw=2` (the first two
 * runs break off), `unpriced` (its model has no price), `lose=1` (the first one loses its recorder). What a run did is kept in `dir`, so that it can be resumed,
 * also by another process.
 */
interface Kept {
  readonly task: AgentTask;
  step: number;
  answer?: string | undefined;
  result?: AgentResult;
}

export class ScriptedAgent implements Agent {
  readonly #dir: string;
  readonly begun: string[] = [];
  readonly #throws = new Map<string, number>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
  }

  async run(task: AgentTask, options: RunOptions): Promise<AgentResult> {
    this.begun.push(`run ${task.id}`);
    if (existsSync(this.#file(task.id))) throw new Error(`${task.id} was begun before`);
    return this.#go({ task, step: 0 }, options, false);
  }

  async resume(run: string, options: RunOptions): Promise<AgentResult> {
    if (!existsSync(this.#file(run))) throw fault('TRAJECTORY_UNKNOWN', `no run "${run}"`, { kind: 'not_found' });
    const kept = JSON.parse(readFileSync(this.#file(run), 'utf8')) as Kept;
    if (kept.result !== undefined) throw fault('TRAJECTORY_CLOSED', `run "${run}" has ended`, { kind: 'conflict' });
    this.begun.push(`resume ${run}`);
    return this.#go(kept, options, true);
  }

  /** Every step that was ever made, as `run step`. */
  get steps(): string[] {
    const log = join(this.#dir, 'steps.log');
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  }

  async #go(kept: Kept, { signal, onEvent, human }: RunOptions, resumed: boolean): Promise<AgentResult> {
    const { id: run, description, budget } = kept.task;
    const words = new Map(description.split(' ').map((word) => word.split(/=(.*)/s, 2) as [string, string]));
    const begun = Date.now();
    const spent = () => {
      const n = kept.step;
      return {
        input: 1_200 * n,
        output: 80 * n,
        cacheRead: 0,
        cacheWrite: 0,
        reasoning: 0,
        calls: n,
        usd: words.has('unpriced') ? 0 : 0.01 * n,
        unpriced: words.has('unpriced') ? n : 0,
      };
    };
    type Told<E = AgentEvent> = E extends unknown ? Omit<E, 'run' | 'at'> : never;
    const tell = (event: Told): void => onEvent?.({ run, at: Date.now(), ...event } as AgentEvent);
    const end = (kind: StopKind, answer = '', message: string = kind): AgentResult => {
      const stop = { kind, message, ...(kind === 'needs_human' && { code: 'approval-7' }) };
      const result = { run, stop, answer, steps: kept.step, spent: spent(), elapsedMs: Date.now() - begun };
      if (kind !== 'interrupted') kept.result = result;
      this.#keep(kept);
      tell({ type: 'done', result });
      return result;
    };
    this.#keep(kept);
    if (words.has('throw')) {
      const times = (this.#throws.get(run) ?? 0) + 1;
      this.#throws.set(run, times);
      if (times <= Number(words.get('throw'))) throw new Error('a defect');
    }
    const lost = this.#throws.get(run) ?? 0;
    if (words.has('lose') && lost < Number(words.get('lose'))) {
      this.#throws.set(run, lost + 1);
      const stop = { kind: 'error', message: 'it is away', code: words.get('code') ?? 'TRAJECTORY_NOT_SAVED' } as const;
      return { run, stop, answer: '', steps: kept.step, spent: spent(), elapsedMs: 0 };
    }
    tell({ type: 'started', task: description, model: 'scripted', resumed });
    try {
      const steps = Math.min(Number(words.get('steps') ?? 1), budget?.steps ?? Number.POSITIVE_INFINITY);
      while (kept.step < steps) {
        await sleep(Number(words.get('ms') ?? 0), undefined, { signal });
        kept.step += 1;
        appendFileSync(join(this.#dir, 'steps.log'), `${run} ${kept.step}\n`);
        this.#keep(kept);
        tell({ type: 'step', step: kept.step, spent: spent(), contextTokens: 900 * kept.step });
        if (kept.step > 1) continue;
        const call = { call: 'c1', tool: 'files__read', args: { someKey: 'a.txt', nested: { innerKey: '漢字' } } };
        tell({ type: 'call', ...call });
        tell({
          type: 'result',
          call: 'c1',
          tool: 'files__read',
          ok: true,
          summary: '2 lines\u001b[2J',
          durationMs: 12,
        });
      }
      if (words.has('wait')) {
        tell({ type: 'waiting', for: words.get('wait') as 'tool', what: 'a calculator' });
        await sleep(Number(words.get('waitMs') ?? 50), undefined, { signal });
        tell({ type: 'resumed', what: 'a calculator' });
      }
      if (words.has('permit')) {
        const ask = { tool: 'shell__run', args: { cmd: 'rm -r \u001b[31mbuild' }, rule: 'shell', reason: 'it writes' };
        kept.answer = (await human?.permit?.(ask, signal)) ?? 'nobody';
      }
      if (words.has('ask') && kept.answer === undefined) {
        tell({ type: 'waiting', for: 'answer', what: 'a person' });
        kept.answer = await human?.answer(words.get('ask')!, ['red', 'blue'], signal);
        this.#keep(kept);
        if (kept.answer === undefined) return end('needs_human');
        tell({ type: 'resumed', what: 'a person' });
      }
      const say = words.get('say')?.replaceAll('\\n', '\n').replaceAll('\\e', '\u001b').replaceAll('_', ' ');
      for (const delta of say?.match(/.{1,3}/gsu) ?? []) {
        tell({ type: 'text', delta });
        await sleep(1);
      }
      const stop = (words.get('stop') ?? 'done') as StopKind;
      return end(stop, kept.answer ?? say ?? words.get('answer') ?? 'finished');
    } catch (error) {
      if (!signal.aborted) throw error;
      return end('interrupted', '', 'the signal was aborted');
    }
  }

  #file(run: string): string {
    return join(this.#dir, `${run}.json`);
  }
  #keep(kept: Kept): void {
    // Whole or not at all: tests kill it.
    const file = this.#file(kept.task.id);
    writeFileSync(`${file}.part`, JSON.stringify(kept));
    renameSync(`${file}.part`, file);
  }
}
