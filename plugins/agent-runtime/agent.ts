import { fault, isFault, reason } from '#kernel';
import type { Context, Message } from '#plugins/context/api';
import type { AgentParts } from './agent-parts.ts';
import {
  AGENT_EVENT,
  type Agent,
  type AgentEvent,
  type AgentResult,
  type AgentTask,
  type Budget,
  type RunOptions,
  type StopReason,
} from './api.ts';
import { assemble, type Lineage } from './assemble.ts';
import type { Emit } from './emit.ts';
import { Journal } from './journal.ts';
import { noRecording } from './no-recording.ts';
import { type Restored, restore } from './restore.ts';
import { shortened } from './shortened.ts';
import { NOTHING_SPENT } from './spending.ts';
import { ToolLimits } from './tool-limits.ts';
import { userMessage } from './turn.ts';

/** Codes of what ends with a plugin that is replaced. */
const LOST: ReadonlySet<string> = new Set(['TRAJECTORY_NOT_SAVED', 'SERVICE_GONE']);

/** What a resumed run needs of its task; kept with the trajectory. */
interface Settings {
  readonly profile?: string;
  readonly budget?: Partial<Budget>;
}

/** Runs tasks, each with a history, a budget and a guard of its own. */
export class ReactAgent implements Agent {
  readonly #parts: AgentParts;
  readonly #limits: ToolLimits;
  readonly #running = new Set<string>();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#limits = new ToolLimits(parts.config);
  }

  get running(): number {
    return this.#running.size;
  }

  run(task: AgentTask, options: RunOptions): Promise<AgentResult> {
    return this.#take(task.id, () => this.#begin(task, options, { chain: [] }));
  }

  async resume(run: string, options: RunOptions): Promise<AgentResult> {
    return this.#take(run, () => this.#goOn(run, options, { chain: [] }));
  }

  /** Those that work for others are among them. */
  async #take<T>(run: string, work: () => Promise<T>): Promise<T> {
    const { maxRuns } = this.#parts.config;
    if (this.#running.has(run)) throw fault('AGENT_BUSY', `"${run}" is being worked on`, { kind: 'conflict' });
    if (this.#running.size >= maxRuns)
      throw fault('AGENT_BUSY', `${maxRuns} runs are at work, which is the limit`, {
        kind: 'rate_limited',
        hint: 'wait, or raise agent-runtime.maxRuns',
      });
    this.#running.add(run);
    try {
      return await work();
    } finally {
      this.#running.delete(run);
    }
  }

  async #begin(task: AgentTask, options: RunOptions, lineage: Lineage): Promise<AgentResult> {
    const { config, llm, trajectories } = this.#parts;
    const profile = task.profile ?? config.profile;
    const model = llm.model(profile);
    const refused = this.#refused(task, model);
    if (refused !== undefined) return this.#unstarted(task.id, refused, options);
    const startedAt = Date.now();
    const settings: Settings = { profile, ...(task.budget !== undefined && { budget: task.budget }) };
    const { id, description } = task;
    const recording =
      (await trajectories?.open({
        ...{ id, task: description, agent: 'react', model: model!, startedAt, settings: { ...settings } },
        ...(lineage.parent !== undefined && { parent: lineage.parent }),
      })) ?? noRecording(id);
    const journal = new Journal(recording, 0);
    const first = userMessage(description, 'task');
    journal.message(first);
    return this.#work({ task: { ...task, profile }, journal, messages: [first], startedAt, options, lineage });
  }

  /** `isCharged`: whoever gave the task has paid in this process for what was spent before. */
  async #goOn(run: string, options: RunOptions, lineage: Lineage, isCharged = false): Promise<AgentResult> {
    const { trajectories, config, context } = this.#parts;
    if (trajectories === undefined)
      throw fault('TRAJECTORY_UNKNOWN', `no run "${run}": nothing is recorded without the plugin trajectory`, {
        kind: 'not_found',
      });
    const recording = await trajectories.resume(run);
    const trajectory = await trajectories.get(run);
    const restored = restore(trajectory);
    if (!isCharged) lineage.budget?.charge(restored.spent);
    const journal = new Journal(recording, restored.turn);
    journal.state('resumed', {});
    const messages = await Promise.all(
      restored.messages.map((message) => bounded(message, config.maxOutputCharacters, context)),
    );
    if (messages.length === 0) {
      // It was killed before its first message was on disk.
      messages.push(userMessage(trajectory.task, 'task'));
      journal.message(messages[0]!);
    }
    const settings = (trajectory.settings ?? {}) as Settings;
    const task = { id: run, description: trajectory.task, ...settings };
    return this.#work({ task, journal, messages, startedAt: trajectory.startedAt, options, lineage, restored });
  }

  async #work(work: {
    task: AgentTask;
    journal: Journal;
    messages: readonly Message[];
    startedAt: number;
    options: RunOptions;
    lineage: Lineage;
    restored?: Restored;
  }): Promise<AgentResult> {
    const { task, options, restored, lineage } = work;
    const emit = this.#emitter(task.id, options);
    const { description } = task;
    emit({
      type: 'started',
      task: description,
      model: this.#parts.llm.model(task.profile) ?? 'none',
      resumed: restored !== undefined,
    });
    const signal = AbortSignal.any([options.signal, this.#parts.signal]);
    const run = await assemble({
      ...{ ...this.#parts, ...work, emit, signal, human: options.human, unattended: options.unattended === 'stop' },
      limits: this.#limits,
      child: (child, below, within) =>
        this.#take(child.id, () => this.#child(child, { ...options, signal: within }, below)),
    });
    const result = await run.toEnd();
    const isMoved = result.steps > (restored?.steps ?? -1);
    if (!LOST.has(result.stop.code ?? '') || signal.aborted || !isMoved) return result;
    // A neighbour was replaced under the run: what is recorded is gone on with beside its next version.
    return this.#goOn(task.id, options, lineage, true).catch(() => result);
  }

  /** A part of a task, by an agent of its own; the same part again is the same run. */
  async #child(task: AgentTask, options: RunOptions, lineage: Lineage): Promise<AgentResult> {
    try {
      return await this.#goOn(task.id, options, lineage);
    } catch (error) {
      if (!isFault(error) || !['TRAJECTORY_UNKNOWN', 'TRAJECTORY_CLOSED'].includes(error.code)) throw error;
      const ended = error.code === 'TRAJECTORY_CLOSED' ? await this.#parts.trajectories?.get(task.id) : undefined;
      if (ended?.end === undefined) return this.#begin(task, options, lineage);
      const { steps, spent: used, spending } = restore(ended);
      lineage.budget?.charge(used);
      const { reason: kind, answer = '' } = ended.end;
      const stop = { kind: kind as StopReason['kind'], message: 'as it ended before' };
      return { run: task.id, stop, answer, steps, spent: spending, elapsedMs: 0 };
    }
  }

  #refused({ description }: AgentTask, model: string | undefined): StopReason | undefined {
    const { maxTaskBytes } = this.#parts.config;
    if (description.trim() === '')
      return { kind: 'error', code: 'TASK_EMPTY', message: 'the task is empty: say what is to be done' };
    const bytes = Buffer.byteLength(description);
    if (bytes > maxTaskBytes)
      return {
        kind: 'error',
        code: 'TASK_TOO_LARGE',
        message: `the task has ${bytes} bytes; at most ${maxTaskBytes} are taken`,
      };
    if (model !== undefined) return undefined;
    const message = 'no model is configured: set LLM_MODEL, and LLM_URL or LLM_API_KEY (llm.model in the pipeline)';
    return { kind: 'error', code: 'LLM_NOT_CONFIGURED', message };
  }

  #unstarted(run: string, stop: StopReason, options: RunOptions): AgentResult {
    const result = { run, stop, answer: '', steps: 0, spent: NOTHING_SPENT, elapsedMs: 0 };
    this.#emitter(run, options)({ type: 'done', result });
    return result;
  }

  #emitter(run: string, { onEvent }: RunOptions): Emit {
    const { events, log } = this.#parts;
    return (body) => {
      const event = { ...body, run, at: Date.now() } as AgentEvent;
      events.publish(AGENT_EVENT, event);
      try {
        onEvent?.(event);
      } catch (error) {
        log.warn('a watcher of a run failed', { run, reason: reason(error) });
      }
    };
  }
}

async function bounded(message: Message, most: number, context: Context): Promise<Message> {
  const isLong = message.parts.some((part) => part.type === 'tool' && (part.output?.length ?? 0) > most);
  if (!isLong) return message;
  const parts = await Promise.all(
    message.parts.map(async (part) =>
      part.type === 'tool' && part.output !== undefined
        ? { ...part, output: await shortened(part.output, most, context) }
        : part,
    ),
  );
  return { ...message, parts };
}
