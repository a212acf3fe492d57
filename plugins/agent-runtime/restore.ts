import type { Message, Part } from '#plugins/context/api';
import type { Spending } from '#plugins/llm/api';
import type { Step, Trajectory } from '#plugins/trajectory/api';
import type { Spent } from './budget.ts';
import { digest } from './digest.ts';
import type { PlanStep } from './journal.ts';
import { NOTHING_SPENT, sum } from './spending.ts';

/** A run as far as it came, read from its trajectory. */
export interface Restored {
  readonly messages: readonly Message[];
  readonly turn: number;
  readonly plan: readonly PlanStep[];
  readonly facts: readonly string[];
  readonly skills: readonly string[];
  /** Tools and rules that a person allowed for the whole run. */
  readonly allowed: readonly string[];
  readonly textProtocol: boolean;
  /** Waits that were going on, by call: when they end. */
  readonly waits: ReadonlyMap<string, number>;
  /** Calls whose arguments were not recorded as they were. */
  readonly masked: ReadonlySet<string>;
  /** How often each tool was called. */
  readonly made: ReadonlyMap<string, number>;
  /** Model calls of its own. */
  readonly steps: number;
  readonly spending: Spending;
  /** With those of the agents that it gave tasks to. */
  readonly spent: Spent;
}

export function restore({ records }: Trajectory): Restored {
  const messages: Message[] = [];
  const masked = new Set<string>();
  const begun = new Map<string, string>();
  const facts: string[] = [];
  const skills: string[] = [];
  const allowed: string[] = [];
  const waits = new Map<string, number>();
  const own = { steps: 0, usedMs: 0 };
  let given = 0;
  let spending = NOTHING_SPENT;
  let plan: readonly PlanStep[] = [];
  let textProtocol = false;
  let turn = 0;
  for (const record of records) {
    turn = Math.max(turn, record.turn);
    // biome-ignore lint/suspicious/noExplicitAny: as Journal wrote it
    const data = (record.input ?? {}) as any;
    if (record.kind === 'message') {
      const message = record.output as Message;
      messages.push(message);
      for (const call of callsChanged(message, data.digests)) masked.add(call);
      if (data.spent !== undefined) {
        own.steps++;
        own.usedMs = data.used_ms;
        spending = sum(spending, data.spent);
      }
    } else if (record.kind === 'tool_execution') {
      begun.set(data.call, data.tool);
      if (record.phase === 'ended') answer(messages, record);
    } else if (data.what === 'plan') plan = data.steps;
    else if (data.what === 'fact') facts.push(data.fact);
    else if (data.what === 'skill') skills.push(data.name);
    else if (data.what === 'allowed') allowed.push(`${data.tool} ${data.rule}`);
    else if (data.what === 'protocol') textProtocol = data.name === 'text';
    else if (data.what === 'wait') waits.set(data.call, data.until);
    else if (data.what === 'woken') waits.delete(data.call);
    else if (data.what === 'delegated') {
      given += data.steps;
      spending = sum(spending, data.spent);
    }
  }
  const made = new Map<string, number>();
  for (const tool of begun.values()) made.set(tool, (made.get(tool) ?? 0) + 1);
  const tokens = spending.input + spending.output;
  const spent = { steps: own.steps + given, tokens, usd: spending.usd, wallMs: own.usedMs };
  const { steps } = own;
  return { messages, turn, plan, facts, skills, allowed, textProtocol, waits, masked, made, steps, spending, spent };
}

function callsChanged({ parts }: Message, digests: Readonly<Record<string, string>> | undefined): string[] {
  return parts.flatMap((part) =>
    part.type === 'tool' && digests?.[part.call] !== undefined && digests[part.call] !== digest(part.args)
      ? [part.call]
      : [],
  );
}

/** Puts a result to its call, in the newest message that has it. */
function answer(messages: Message[], { input, output, success, at }: Step): void {
  const call = input?.call;
  const index = messages.findLastIndex(({ parts }) => parts.some((part) => part.type === 'tool' && part.call === call));
  if (index < 0) return;
  const message = messages[index]!;
  const parts = message.parts.map((part): Part => {
    if (part.type !== 'tool' || part.call !== call) return part;
    const text = (output as { readonly text: string }).text;
    return { ...part, state: success === false ? 'error' : 'done', output: text, endedAt: at };
  });
  messages[index] = { ...message, parts };
}
