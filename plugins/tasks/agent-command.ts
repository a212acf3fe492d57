import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { fault, isFault, type Log, type Main, reason } from '#kernel';
import type { Agent, AgentResult, RunOptions, StopKind } from '#plugins/agent-runtime/api';
import type { Llm } from '#plugins/llm/api';
import type { Trajectories } from '#plugins/trajectory/api';
import { agentTask, exitCode } from './agent-task.ts';
import { checkProfile, checkTask } from './check-task.ts';
import { type Command, parseCommand, USAGE } from './command-line.ts';
import type { TasksConfig } from './config.ts';
import { runFile } from './file-run.ts';
import { resumeOrTell } from './past-run.ts';
import { JsonView } from './terminal/json-view.ts';
import { LiveView } from './terminal/live-view.ts';
import { PlainView } from './terminal/plain-view.ts';
import { printable } from './terminal/printable.ts';
import type { RunView } from './terminal/run-view.ts';
import { isLive, paintFor, type Screen, type Terminal } from './terminal/terminal.ts';
import { TerminalPerson } from './terminal/terminal-person.ts';
import { endWords } from './terminal/wording.ts';
import { unpricedWarning } from './unpriced-warning.ts';
import { resultWire } from './wire.ts';

export interface CommandParts {
  readonly agent: Agent;
  readonly trajectories: Trajectories | undefined;
  readonly llm: Llm | undefined;
  readonly config: TasksConfig;
  readonly log: Log;
  readonly terminal: Terminal;
}

const RESUMABLE: ReadonlySet<StopKind> = new Set(['interrupted', 'needs_human', 'error']);
const USE = 2;
const INTERRUPTED = 130;

/** One task, or a file of them, from a command line. */
export class AgentCommand implements Main {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  async run(argv: readonly string[], signal: AbortSignal): Promise<number> {
    const { stdout } = this.#parts.terminal;
    const gone = new AbortController();
    // Whoever reads the output has gone: nobody is left to work for.
    const onError = (): void => gone.abort(fault('OUTPUT_CLOSED', 'standard output is closed', { kind: 'cancelled' }));
    stdout.on('error', onError);
    const either = AbortSignal.any([signal, gone.signal]);
    try {
      const command = parseCommand(argv, this.#parts.config);
      if (command.name === 'help') {
        await write(stdout, USAGE);
        return 0;
      }
      return command.name === 'file' ? await runFile(this.#parts, command, either) : await this.#one(command, either);
    } catch (error) {
      return await this.#refuse(error, either, argv.includes('--json'));
    } finally {
      stdout.off('error', onError);
    }
  }

  async #one(command: Extract<Command, { name: 'task' | 'resume' }>, signal: AbortSignal): Promise<number> {
    const { agent, config, llm, terminal, trajectories } = this.#parts;
    const isFromInput = command.name === 'task' && command.task === '-';
    const description = isFromInput ? await this.#input(terminal.stdin, signal) : 'task' in command ? command.task : '';
    if (command.name === 'task') {
      checkTask({ ...command, description }, config.maxTaskBytes);
      checkProfile(command.profile, llm?.profiles);
    }
    const view = viewFor(terminal, command.isJson);
    const canAsk = terminal.stdin.isTTY === true && !isFromInput && !command.isJson;
    const warn = unpricedWarning(command.name === 'task' ? command.maxUsd : undefined, (line) => view.say(line));
    const options: RunOptions = {
      signal,
      onEvent: (event) => {
        view.event(event);
        warn(event);
      },
      unattended: 'stop',
      ...((canAsk || command.isYes) && { human: new TerminalPerson(terminal, view, { ...command, canAsk }) }),
    };
    const stopping = (): void => view.say('Stopping within this step; Ctrl-C again ends at once.');
    signal.addEventListener('abort', stopping, { once: true });
    try {
      const result =
        command.name === 'resume'
          ? await resumeOrTell(agent, trajectories, command.run, options)
          : await agent.run(agentTask(randomUUID(), { ...command, description }), options);
      view.close();
      await this.#tell(result, view, command.isJson);
      return exitCode(result);
    } finally {
      signal.removeEventListener('abort', stopping);
      view.close();
    }
  }

  async #tell(result: AgentResult, view: RunView, isJson: boolean): Promise<void> {
    const { stdout, stderr } = this.#parts.terminal;
    const paint = paintFor(this.#parts.terminal);
    const { run, stop, answer } = result;
    if (isJson) {
      await write(stdout, `${JSON.stringify({ type: 'done', run, at: Date.now(), result: resultWire(result) })}\n`);
      return;
    }
    if (answer !== '' && !view.hasShown(result)) {
      // A pipe gets the answer as it is.
      const text = stdout.isTTY ? printable(answer) : answer;
      await write(stdout, text.endsWith('\n') ? text : `${text}\n`);
    }
    const style = stop.kind === 'done' ? 'green' : stop.kind === 'interrupted' ? 'yellow' : 'red';
    const more = stop.evidence?.map((each) => `  ${printable(each)}\n`).join('') ?? '';
    const code = stop.code === undefined || stop.kind === 'done' ? '' : `  code: ${printable(stop.code)}\n`;
    const isResumable = RESUMABLE.has(stop.kind) && (stop.kind !== 'error' || result.steps > 0);
    const hint = isResumable ? `go on with: kernel start pipelines/agent.yaml -- --resume ${printable(run)}\n` : '';
    await write(stderr, `${paint(style, endWords(result))}\n${code}${more}${hint}`);
  }

  async #input(stdin: Readable, signal: AbortSignal): Promise<string> {
    const { maxTaskBytes } = this.#parts.config;
    const parts: Buffer[] = [];
    let bytes = 0;
    const stop = (): void => void stdin.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
        const part = Buffer.from(chunk as string);
        parts.push(part);
        bytes += part.length;
        // The rest is not read: the check says how much is allowed.
        if (bytes > maxTaskBytes) break;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    signal.throwIfAborted();
    try {
      return new TextDecoder('utf-8', { fatal: bytes <= maxTaskBytes }).decode(Buffer.concat(parts)).trim();
    } catch {
      throw fault('TASK_INVALID', 'standard input is not UTF-8 text', { kind: 'invalid' });
    }
  }

  async #refuse(error: unknown, signal: AbortSignal, isJson: boolean): Promise<number> {
    const { terminal, log } = this.#parts;
    if (signal.aborted) return INTERRUPTED;
    const known = isFault(error) ? error : undefined;
    if (known === undefined) log.error('The command failed.', { reason: reason(error) });
    const { code = 'DEFECT', hint, alternatives = [] } = known ?? {};
    const also = alternatives.length > 0 ? `there is: ${alternatives.join(', ')}\n` : '';
    await write(
      terminal.stderr,
      printable(`${code}: ${reason(error)}\n${also}${hint === undefined ? '' : `hint: ${hint}\n`}`),
    );
    if (isJson)
      await write(terminal.stdout, `${JSON.stringify({ type: 'error', code, message: reason(error), hint })}\n`);
    return known?.code === 'CLI_USAGE' || known?.code === 'TASK_INVALID' || known?.code.startsWith('TASKS_') ? USE : 1;
  }
}

export function viewFor(terminal: Terminal, isJson: boolean): RunView {
  if (isJson) return new JsonView(terminal.stdout, terminal.stderr);
  return isLive(terminal) ? new LiveView(terminal) : new PlainView(terminal.stderr);
}

/** Resolves when it is handed on: the process ends soon after. */
const write = (to: Screen, text: string): Promise<void> =>
  new Promise((resolve) => {
    to.write(text, () => resolve());
  });
