import { setTimeout as sleep } from 'node:timers/promises';
import { isFault, reason } from '#kernel';
import type { Agent, AgentEvent, AgentResult, RunOptions } from '#plugins/agent-runtime/api';
import type { Llm } from '#plugins/llm/api';
import type { Trajectories } from '#plugins/trajectory/api';
import { agentTask } from './agent-task.ts';
import type { NewTask } from './api.ts';
import { checkProfile } from './check-task.ts';
import type { Command } from './command-line.ts';
import type { TasksConfig } from './config.ts';
import { hasRun } from './own-run.ts';
import { pastResult } from './past-run.ts';
import { ResultsFile } from './results-file.ts';
import { type TaskLine, taskFile, taskLines } from './task-lines.ts';
import { JsonView } from './terminal/json-view.ts';
import { oneLine } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';
import { endWords } from './terminal/wording.ts';
import { unpricedWarning } from './unpriced-warning.ts';
import { resultWire } from './wire.ts';

export interface FileRunParts {
  readonly agent: Agent;
  readonly trajectories: Trajectories | undefined;
  readonly llm: Llm | undefined;
  readonly config: TasksConfig;
  readonly terminal: Terminal;
}
type FileCommand = Extract<Command, { name: 'file' }>;

const BUSY_MS = 500;
const INTERRUPTED = 130;
const SHORT_ID = 12;

/** All tasks of a file, some at once. 0: every line was a task, and each is done. */
export async function runFile(parts: FileRunParts, command: FileCommand, signal: AbortSignal): Promise<number> {
  return new FileRun(parts, command, signal).run();
}

class FileRun {
  readonly #parts: FileRunParts;
  readonly #command: FileCommand;
  readonly #signal: AbortSignal;
  readonly #json: JsonView | undefined;
  #out: ResultsFile | undefined;
  #isAllDone = true;

  constructor(parts: FileRunParts, command: FileCommand, signal: AbortSignal) {
    this.#parts = parts;
    this.#command = command;
    this.#signal = signal;
    const { stdout, stderr } = parts.terminal;
    this.#json = command.isJson ? new JsonView(stdout, stderr) : undefined;
  }

  async run(): Promise<number> {
    const { config, terminal } = this.#parts;
    const { file, out } = this.#command;
    if (out !== undefined) this.#out = await ResultsFile.open(out);
    const lines = file === '-' ? taskLines(terminal.stdin, config.maxTaskBytes) : taskFile(file, config.maxTaskBytes);
    const works = await Promise.allSettled(Array.from({ length: config.concurrency }, () => this.#work(lines)));
    for (const work of works) if (work.status === 'rejected') throw work.reason;
    if (this.#signal.aborted) {
      this.#say('Interrupted; the same command goes on with what is left.');
      return INTERRUPTED;
    }
    return this.#isAllDone ? 0 : 1;
  }

  /** One of several at once; an async generator hands each line to one of them. */
  async #work(lines: AsyncGenerator<TaskLine>): Promise<void> {
    for (;;) {
      if (this.#signal.aborted) return;
      const { done, value } = await lines.next();
      if (done) return;
      if ('task' in value) await this.#take(value.line, value.task);
      else {
        this.#isAllDone = false;
        this.#say(`${this.#command.file}:${value.line}: ${oneLine(value.problem)}`);
      }
    }
  }

  async #take(line: number, task: NewTask & { readonly id: string }): Promise<void> {
    const name = `${this.#command.file}:${line} ${task.id.slice(0, SHORT_ID)}`;
    if (this.#out?.has(task.id)) return this.#say(`${name}  done already`);
    try {
      checkProfile(task.profile, this.#parts.llm?.profiles);
      const { result, isPast } = await this.#result(task, name);
      if (result.stop.kind === 'interrupted' && this.#signal.aborted) return;
      if (result.stop.kind !== 'done') this.#isAllDone = false;
      this.#say(`${name}  ${isPast ? 'done already' : endWords(result)}`);
      await this.#tell(task.id, result);
    } catch (error) {
      this.#isAllDone = false;
      if (!this.#signal.aborted)
        this.#say(`${name}  ${isFault(error) ? `${error.code}: ` : ''}${oneLine(reason(error))}`);
    }
  }

  /** A run of this task that was interrupted is gone on with; one that ended undone is begun anew under a name of its own. */
  async #result(
    task: NewTask & { readonly id: string },
    name: string,
  ): Promise<{ result: AgentResult; isPast: boolean }> {
    const { agent, trajectories } = this.#parts;
    const { isYes } = this.#command;
    const warn = unpricedWarning(task.maxUsd, (line) => this.#say(`${name}  ${line}`));
    const options: RunOptions = {
      signal: this.#signal,
      onEvent: (event: AgentEvent) => {
        this.#json?.event(event);
        warn(event);
      },
      unattended: 'stop',
      ...(isYes && { human: { permit: async () => 'once', answer: async () => undefined } }),
    };
    for (let attempt = 1; ; ) {
      this.#signal.throwIfAborted();
      // What no id of a task may hold: an attempt is never taken for another task.
      const run = attempt === 1 ? task.id : `${task.id}~${attempt}`;
      await hasRun(trajectories, run, task.description);
      try {
        return { result: await agent.resume(run, options), isPast: false };
      } catch (error) {
        const code = isFault(error) ? error.code : undefined;
        if (code === 'TRAJECTORY_UNKNOWN') {
          const result = await this.#begin(run, task, options);
          return { result, isPast: false };
        }
        if (code === 'AGENT_BUSY') await sleep(BUSY_MS, undefined, { signal: this.#signal });
        else if (code === 'TRAJECTORY_CLOSED') {
          const past = await pastResult(trajectories, run);
          if (past?.stop.kind === 'done') return { result: past, isPast: true };
          attempt += 1;
        } else throw error;
      }
    }
  }

  async #begin(run: string, task: NewTask, options: RunOptions): Promise<AgentResult> {
    for (;;)
      try {
        return await this.#parts.agent.run(agentTask(run, task), options);
      } catch (error) {
        if (!isFault(error) || error.code !== 'AGENT_BUSY') throw error;
        await sleep(BUSY_MS, undefined, { signal: this.#signal });
      }
  }

  async #tell(id: string, result: AgentResult): Promise<void> {
    const { stdout } = this.#parts.terminal;
    const line = JSON.stringify({ id, ...resultWire(result) });
    await this.#out?.add(line);
    if (this.#json !== undefined)
      stdout.write(
        `${JSON.stringify({ type: 'done', run: result.run, at: Date.now(), id, result: resultWire(result) })}\n`,
      );
    else if (this.#out === undefined) stdout.write(`${line}\n`);
  }

  #say(line: string): void {
    this.#parts.terminal.stderr.write(`${line}\n`);
  }
}
