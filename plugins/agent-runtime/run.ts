import { isFault, type Log, reason } from '#kernel';
import type { ContextWindow, Message } from '#plugins/context/api';
import type { Llm, Spending } from '#plugins/llm/api';
import type { ToolPlane } from '#plugins/tool-client/api';
import type { AgentResult, Guard, GuardKind, GuardVerdict, Human, StopReason } from './api.ts';
import type { RunBudget } from './budget.ts';
import type { Emit } from './emit.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { Journal } from './journal.ts';
import { type LlmStep, modelStop, type Thought } from './llm-step.ts';
import type { OwnTool } from './own-tools/own-tool.ts';
import type { PromptBuilder } from './prompt-builder.ts';
import { type Account, NOTHING_SPENT, since } from './spending.ts';
import { isStop, StopRun } from './stop-run.ts';
import { answered, type Call, type Executed, type ToolExecutor } from './tool-executor.ts';
import type { OfferedTools } from './tool-list.ts';
import { toolNews } from './tool-news.ts';
import { assistantMessage, heldCall, isAnswer, pendingCalls, readCall, textOf, userMessage } from './turn.ts';

/** Who heard of so many repetitions could have known. */
const HEARD = 3;

export interface RunParts {
  readonly run: string;
  readonly window: ContextWindow;
  readonly llm: Llm;
  readonly step: LlmStep;
  readonly executor: ToolExecutor;
  readonly own: () => ReadonlyMap<string, OwnTool>;
  readonly offered: OfferedTools;
  readonly plane: ToolPlane;
  readonly prompt: PromptBuilder;
  readonly memory: ExecutionContext;
  readonly guard: Guard;
  readonly budget: RunBudget;
  readonly journal: Journal;
  readonly human: Human | undefined;
  readonly finishCheck: boolean;
  readonly emit: Emit;
  readonly log: Log;
  readonly account: Account;
  /** Calls whose arguments were not recorded as they were. */
  readonly masked: ReadonlySet<string>;
  /** Until it is disposed of, time is that of a person. */
  aside(): Disposable;
  /** How many turns, and model calls, there were before. */
  readonly turn: number;
  readonly steps: number;
  readonly signal: AbortSignal;
}

/** One task from its first thought to its end: think, act, observe. */
export class Run {
  readonly #parts: RunParts;
  readonly #began = performance.now();
  #turn: number;
  #steps: number;
  #answer = '';
  /** On the newest answer of the model. */
  #spent: Spending = NOTHING_SPENT;
  #asksAboutPlan: boolean;
  #seen: ReadonlySet<string> | undefined;
  /** Calls that the guard was told of, and kinds of loops that the model was. */
  #judged = 0;
  readonly #warned = new Set<GuardKind>();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#turn = parts.turn;
    this.#steps = parts.steps;
    this.#asksAboutPlan = parts.finishCheck;
  }

  /** Never rejects. */
  async toEnd(): Promise<AgentResult> {
    const { run, account, journal, emit, signal, budget, log } = this.#parts;
    const timed = budget.deadline();
    const all = AbortSignal.any([signal, timed.signal]);
    const { stop, resumable } = await this.#work(all).then(
      (done) => ({ stop: done, resumable: false }),
      (error: unknown) => this.#ended(error, timed.signal),
    );
    timed.end();
    const spent = account.total;
    const result: AgentResult = {
      run,
      stop,
      answer: this.#answer,
      steps: this.#steps,
      spent,
      elapsedMs: performance.now() - this.#began,
    };
    try {
      if (resumable) await journal.suspend();
      else
        await journal.finish({
          reason: stop.kind,
          // An answer is no proof that it is right: nobody has looked.
          ...(stop.kind !== 'done' && { success: false }),
          answer: this.#answer,
          at: Date.now(),
          usage: {
            inputTokens: spent.input,
            outputTokens: spent.output,
            ...(spent.unpriced === 0 && { usd: spent.usd }),
          },
        });
    } catch (error) {
      log.error('the end of a run could not be recorded', { run, reason: reason(error) });
    }
    emit({ type: 'done', result });
    return result;
  }

  async #work(signal: AbortSignal): Promise<StopReason> {
    const { window, plane } = this.#parts;
    await plane.ready(signal);
    const last = window.messages.at(-1);
    const held = pendingCalls(last).map((part) => ({ ...heldCall(part), isMasked: this.#parts.masked.has(part.call) }));
    if (held.length > 0) await this.#act(last!, held, '', signal);
    // It was killed when it had answered, and could not say so any more.
    else if (last !== undefined && isAnswer(last)) return this.#done(last);
    for (;;) {
      signal.throwIfAborted();
      const spent = this.#parts.budget.exceeded();
      if (spent !== undefined) throw new StopRun(spent.kind, spent.message);
      const thought = await this.#think(signal);
      const end = await this.#decide(thought, signal);
      if (end !== undefined) return end;
    }
  }

  async #think(signal: AbortSignal): Promise<Thought> {
    const { window, step, offered, own, plane, prompt, memory, journal, budget, guard, emit, llm, run, account } =
      this.#parts;
    journal.begin(++this.#turn);
    const { view } = plane;
    const news = toolNews(this.#seen, view);
    this.#seen = news.seen;
    if (news.changes !== undefined) {
      journal.state('tools', { version: view.version, ...news.changes });
      this.#notice(news.text);
    }
    const schemas = [...own().values()].map(({ schema }) => schema);
    const tools = offered.at(view, schemas);
    const before = llm.spent({ run });
    const asking = { system: prompt.system, tools, facts: memory.pinned };
    const thought = await step.think(window, asking, signal).finally(() => {
      // All that it took: retries, and summaries, too.
      this.#spent = since(before, llm.spent({ run }));
      const { input, output, usd } = this.#spent;
      account.add(this.#spent);
      budget.spend({ tokens: input + output, usd });
      this.#steps++;
    });
    const { fitted } = thought;
    for (const edit of fitted.edits) {
      const { strategy, before, after, taken } = edit;
      journal.state('compression', { strategy, before, after, taken });
      if (!taken) continue;
      emit({ type: 'compressed', strategy, before, after });
      const verdict = guard.compaction(before, after);
      if (verdict.verdict === 'stop')
        throw new StopRun('context_overflow', verdict.message ?? 'the history is shortened again and again', {
          code: verdict.kind!,
        });
    }
    emit({ type: 'step', step: this.#steps, spent: account.total, contextTokens: fitted.tokens });
    return thought;
  }

  /** What ends the run, or undefined where it goes on. */
  async #decide({ answer, decision }: Thought, signal: AbortSignal): Promise<StopReason | undefined> {
    const { window, journal, guard, memory, budget } = this.#parts;
    const message = assistantMessage(decision);
    const said = textOf(message.parts);
    if (said !== '' || decision.calls.length > 0) window.add(message);
    journal.message(message, { answer, spent: this.#spent, usedMs: Math.round(budget.spent.wallMs) });
    if (said !== '') this.#answer = said;
    if (decision.calls.length > 0) {
      await this.#act(message, decision.calls.map(readCall), said, signal);
      return undefined;
    }
    const open = memory.plan.filter(({ status }) => status === 'open' || status === 'doing');
    const asks = this.#asksAboutPlan && open.length > 0;
    if (decision.unfinished === undefined && said !== '' && !asks) return this.#done(message);
    await this.#heed(guard.message(said), signal);
    if (decision.unfinished !== undefined) this.#notice(decision.unfinished);
    else if (said === '') this.#notice('That reply was empty. Call a tool, or answer the task.');
    else {
      this.#asksAboutPlan = false;
      const goals = open.map(({ goal }) => `"${goal}"`).join(', ');
      this.#notice(
        `These steps of your plan are open: ${goals}. Do them, or answer again and say why they are not needed.`,
      );
    }
    return undefined;
  }

  async #act(message: Message, calls: readonly Call[], said: string, signal: AbortSignal): Promise<void> {
    const { window, executor, journal, guard, offered } = this.#parts;
    for (const call of calls) {
      journal.selected(call, said, offered.total);
      offered.use(call.tool);
    }
    const ended = new Map<string, Executed>();
    await executor.execute(calls, (each) => ended.set(each.call.call, each), signal);
    const parts = message.parts.map((part) => {
      const each = part.type === 'tool' ? ended.get(part.call) : undefined;
      return part.type === 'tool' && each !== undefined ? answered(part, each) : part;
    });
    window.replace({ ...message, parts });
    const heard = { calls: this.#judged, kinds: new Set(this.#warned) };
    for (const call of calls) {
      this.#judged++;
      const { observation, poll } = ended.get(call.call)!;
      const { text, isError, code, isInfrastructure } = observation;
      const verdict = guard.call({
        name: call.tool,
        args: call.args,
        result: text,
        poll,
        ...(isError && { error: { message: text, ...(code !== undefined && { code }) } }),
        ...(isInfrastructure !== undefined && { infrastructure: isInfrastructure }),
      });
      await this.#heed(this.#asHeard(verdict, heard), signal);
    }
  }

  /** Calls of one answer were made before the model could know what came of the first: at most it is told now. */
  #asHeard(
    verdict: GuardVerdict,
    heard: { readonly calls: number; readonly kinds: ReadonlySet<GuardKind> },
  ): GuardVerdict {
    const { kind, evidence } = verdict;
    if (verdict.verdict === 'ok') return verdict;
    const isNew = !heard.kinds.has(kind!) && evidence.filter((number) => number < heard.calls).length < HEARD;
    // Once for all calls of the answer.
    if (isNew && this.#warned.has(kind!) && !heard.kinds.has(kind!)) return { ...verdict, verdict: 'ok' };
    this.#warned.add(kind!);
    return verdict.verdict === 'stop' && isNew ? { ...verdict, verdict: 'nudge' } : verdict;
  }

  /** A nudge is told to the model; a stop asks the person at hand whether to go on, or ends the run. */
  async #heed(
    { verdict, kind, message = 'the run makes no progress', evidence }: GuardVerdict,
    signal: AbortSignal,
  ): Promise<void> {
    if (verdict === 'ok') return;
    const { journal, guard, human, emit } = this.#parts;
    journal.state('loop', { verdict, kind: kind! });
    if (verdict === 'nudge') return this.#notice(message);
    if (human?.permit !== undefined) {
      emit({ type: 'waiting', for: 'permission', what: `to go on: ${message}` });
      using _ = this.#parts.aside();
      const said = await human.permit({ tool: 'doom_loop', args: {}, rule: kind!, reason: message }, signal);
      if (said === 'once' || said === 'always') {
        guard.userTurn();
        return this.#notice(`${message} The user lets you go on: do it another way.`);
      }
    }
    throw new StopRun('stuck', message, { code: kind!, evidence: evidence.map(String) });
  }

  #notice(text: string): void {
    const { window, journal, emit } = this.#parts;
    const message = userMessage(text, 'notice');
    window.add(message);
    journal.message(message);
    emit({ type: 'notice', what: text });
  }

  #done(message: Message): StopReason {
    this.#answer = textOf(message.parts);
    return { kind: 'done', message: 'the task is answered' };
  }

  #ended(error: unknown, deadline: AbortSignal): { readonly stop: StopReason; readonly resumable: boolean } {
    const { signal, journal, budget, log, run } = this.#parts;
    if (isStop(error)) return error;
    if (signal.aborted) return { stop: { kind: 'interrupted', message: reason(signal.reason) }, resumable: true };
    if (deadline.aborted)
      return { stop: budget.exceeded() ?? { kind: 'budget_time', message: 'its time is over' }, resumable: false };
    const stop = modelStop(error);
    if (isFault(error)) {
      const { text } = error.data;
      if (error.code === 'LLM_CUT_OFF' && typeof text === 'string' && text.trim() !== '') this.#answer = text.trim();
      journal.state('failed', { code: error.code, message: error.message });
    }
    if (stop !== undefined) return stop;
    log.error('a run failed', { run, reason: reason(error) });
    const code = isFault(error) ? { code: error.code } : {};
    return { stop: { kind: 'error', message: reason(error), ...code }, resumable: true };
  }
}
