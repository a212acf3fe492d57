import type { Message, Part } from '#plugins/context/api';
import type { Step, Trajectory } from '#plugins/trajectory/api';
import type { PlanStep } from './journal.ts';

/** A run as far as it came, read from its trajectory. */
export interface Restored {
  readonly messages: readonly Message[];
  readonly turn: number;
  readonly plan: readonly PlanStep[];
  readonly facts: readonly string[];
  readonly skills: readonly string[];
  readonly allowed: readonly string[];
  readonly textProtocol: boolean;
  /** Waits that were going on, by call: when they end. */
  readonly waits: ReadonlyMap<string, number>;
  readonly spent: { readonly steps: number; readonly tokens: number; readonly usd: number; readonly wallMs: number };
}

export function restore(trajectory: Trajectory): Restored {
  const messages: Message[] = [];
  const facts: string[] = [];
  const skills: string[] = [];
  const allowed: string[] = [];
  const waits = new Map<string, number>();
  const spent = { steps: 0, tokens: 0, usd: 0, wallMs: 0 };
  let plan: readonly PlanStep[] = [];
  let textProtocol = false;
  let turn = 0;
  let previous = trajectory.startedAt;
  for (const record of trajectory.records) {
    turn = Math.max(turn, record.turn);
    // The time between two records; a pause between two processes is none of the run's.
    if (record.at > previous && record.input?.what !== 'resumed') spent.wallMs += record.at - previous;
    previous = record.at;
    if (record.llm !== undefined) {
      spent.steps++;
      spent.tokens += record.llm.inputTokens + record.llm.outputTokens;
      spent.usd += record.llm.usd ?? 0;
    }
    if (record.kind === 'message') messages.push(record.output as Message);
    else if (record.kind === 'tool_execution' && record.phase === 'ended') answer(messages, record);
    else if (record.kind === 'state') {
      // biome-ignore lint/suspicious/noExplicitAny: as Journal.state wrote it
      const data = record.input as any;
      if (data.what === 'plan') plan = data.steps;
      else if (data.what === 'fact') facts.push(data.fact);
      else if (data.what === 'skill') skills.push(data.name);
      else if (data.what === 'allowed') allowed.push(data.tool);
      else if (data.what === 'protocol') textProtocol = data.name === 'text';
      else if (data.what === 'delegated') {
        spent.tokens += data.tokens;
        spent.usd += data.usd;
      } else if (data.what === 'wait') waits.set(data.call, data.until);
      else if (data.what === 'woken') waits.delete(data.call);
    }
  }
  return { messages, turn, plan, facts, skills, allowed, textProtocol, waits, spent };
}

/** Puts a result to its call, in the newest message that has it. */
function answer(messages: Message[], { input, output, success, at }: Step): void {
  const call = input?.call;
  const index = messages.findLastIndex(({ parts }) => parts.some((part) => part.type === 'tool' && part.call === call));
  if (index < 0) return;
  const message = messages[index]!;
  const parts = message.parts.map((part): Part => {
    if (part.type !== 'tool' || part.call !== call) return part;
    return {
      ...part,
      state: success === false ? 'error' : 'done',
      output: (output as { text: string }).text,
      endedAt: at,
    };
  });
  messages[index] = { ...message, parts };
}
