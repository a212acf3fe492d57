import type { RunCall, RunMessage } from '../../api.ts';
import { callArguments } from '../reading/call-arguments.ts';
import { present } from '../reading/present.ts';
import { withoutPrompt } from '../reading/request.ts';
import type { Traj, TrajStep, Turn } from './record.ts';

/**
 * The run as messages. Steps are what counts as done: the history, which may lack some of them or hold turns that led to none
 * (an answer that could not be parsed), is followed beside them and gives what steps do not have: prompts, ids and calls.
 */
export function messagesOf({ history, trajectory }: Pick<Traj, 'history' | 'trajectory'>): readonly RunMessage[] {
  const steps = trajectory.length > 0 ? trajectory : stepsOf(history);
  const find = stepFinder(steps);
  const messages: RunMessage[] = [];
  let next = 0;
  let answered = false;
  const take = (step: TrajStep, turn?: Turn): void => {
    messages.push(...exchange(step, turn, next++));
    answered = true;
  };
  for (const turn of history) {
    if (turn.is_demo || turn.role === 'system' || turn.role === 'user' || turn.role === 'tool') {
      if (answered && !turn.is_demo && turn.role !== 'system') answered = false;
      else messages.push(plain(turn));
      continue;
    }
    answered = false;
    const at = find(turn, next);
    if (at < 0) messages.push(plain(turn));
    else {
      while (next < at) take(steps[next]!);
      take(steps[at]!, turn);
    }
  }
  while (next < steps.length) take(steps[next]!);
  return messages;
}

/** Files that have only a history: what follows an action is its observation. */
function stepsOf(history: readonly Turn[]): readonly TrajStep[] {
  const steps: TrajStep[] = [];
  history.forEach((turn, at) => {
    if (turn.role !== 'assistant' || turn.is_demo || actionOf(turn) === '') return;
    const next = history[at + 1];
    const observation = next !== undefined && (next.role === 'user' || next.role === 'tool') ? next.content : '';
    steps.push({
      action: actionOf(turn),
      observation: withoutPrompt(observation),
      response: turn.content,
      thought: turn.thought,
      state: '',
    });
  });
  return steps;
}

function actionOf({ action, tool_calls }: Turn): string {
  const call = tool_calls?.[0]?.function;
  return action ?? (call ? `${call.name} ${JSON.stringify(call.arguments)}` : '');
}

/** Finds the next step with an action; asked for in order, so that what was passed is not looked at again. */
function stepFinder(steps: readonly TrajStep[]): (turn: Turn, from: number) => number {
  const places = new Map<string, number[]>();
  for (let at = steps.length - 1; at >= 0; at--) {
    const action = steps[at]!.action.trim();
    const list = places.get(action);
    if (list === undefined) places.set(action, [at]);
    else list.push(at);
  }
  return (turn, from) => {
    const list = places.get(actionOf(turn).trim()) ?? [];
    while (list.length > 0 && list.at(-1)! < from) list.pop();
    return list.at(-1) ?? -1;
  };
}

const plain = ({ role, content, is_demo, tool_call_ids }: Turn): RunMessage =>
  present({
    role: role === 'tool' && !tool_call_ids?.[0] ? ('user' as const) : role,
    text: content,
    answers: role === 'tool' ? tool_call_ids?.[0] : undefined,
    demo: is_demo ? (true as const) : undefined,
  });

/** What the agent did in a step, and what came of it. */
function exchange(step: TrajStep, turn: Turn | undefined, index: number): readonly RunMessage[] {
  const text = turn?.content || step.response || step.thought;
  const calls = callsOf(step.action, turn, index);
  if (calls.length === 0) {
    const said: RunMessage = { role: 'assistant', text };
    // The harness ends a run with a step of its own, and says the same in both places.
    return step.observation === '' || step.observation === text
      ? [said]
      : [said, { role: 'user', text: step.observation }];
  }
  return [
    { role: 'assistant', text, calls },
    { role: 'tool', text: step.observation, answers: calls[0]!.id },
  ];
}

/**
 * The first word of an action is the tool: a command of the shell, or of the harness. Where the model called a function, its
 * id and arguments are kept; one of another name (`bash`) is the shell.
 */
function callsOf(action: string, turn: Turn | undefined, index: number): readonly RunCall[] {
  const name = /\S+/.exec(action)?.[0];
  const [called, ...more] = turn?.tool_calls ?? [];
  if (name === undefined) return [];
  const first: RunCall = called
    ? {
        id: called.id || `call_${index}`,
        tool: called.function.name === name ? { name } : { name, via: 'shell' },
        args: callArguments(called.function.arguments),
      }
    : { id: `call_${index}`, tool: { name, via: 'shell' }, args: { command: action } };
  const others = more.map((call, at) => ({
    id: call.id || `call_${index}_${at + 1}`,
    tool: { name: call.function.name },
    args: callArguments(call.function.arguments),
  }));
  return [first, ...others];
}
