import { z } from 'zod';
import type { Message, Part } from '#plugins/context/api';
import type { Step, Trajectory } from '#plugins/trajectory/api';

const MESSAGE = z.looseObject({
  id: z.string(),
  role: z.enum(['system', 'user', 'assistant']),
  parts: z.array(z.looseObject({ type: z.string() })),
});
const RESULT = z.looseObject({ text: z.string() });
const UNANSWERED = 'interrupted: this call has no result. It may have taken effect or not.';

/** A run as chat messages. The conversion is loaded only where somebody asks for it. */
export async function toOpenAiLine(): Promise<(run: Trajectory) => Record<string, unknown>> {
  const { toOpenAi } = await import('#plugins/context/api');
  return (run) => ({
    messages: toOpenAi(historyOf(run)),
    metadata: { trajectory_id: run.id, state: run.state, success: run.end?.success ?? null },
  });
}

/** The history as it was in the end: a message that was recorded again replaces the first, every call has its result. */
function historyOf(run: Trajectory): Message[] {
  const messages = new Map<string, Message>();
  const results = new Map<unknown, Step>();
  for (const step of run.records) {
    const message = step.kind === 'message' ? MESSAGE.safeParse(step.output) : undefined;
    if (message?.success) messages.set(message.data.id, message.data as unknown as Message);
    else if (step.kind === 'tool_execution' && step.phase !== 'begun') results.set(step.input?.call, step);
  }
  if (messages.size === 0) return spoken(run);
  return [...messages.values()].map((message) => ({
    ...message,
    parts: message.parts.map((part) => answered(part, results)),
  }));
}

function answered(part: Part, results: ReadonlyMap<unknown, Step>): Part {
  if (part.type !== 'tool' || part.state !== 'pending') return part;
  const result = results.get(part.call);
  if (result === undefined) return { ...part, state: 'error', output: UNANSWERED };
  const { data } = RESULT.safeParse(result.output);
  const output =
    data?.text ?? (typeof result.output === 'string' ? result.output : (JSON.stringify(result.output) ?? ''));
  return { ...part, state: result.success === false ? 'error' : 'done', output };
}

/** Of a run whose recorder kept no messages: what was asked and what came of it. */
function spoken({ id, task, startedAt, end }: Trajectory): Message[] {
  const say = (role: 'user' | 'assistant', text: string, at: number): Message => ({
    id: `${id}-${role}`,
    role,
    parts: [{ type: 'text', text }],
    at,
  });
  return [say('user', task, startedAt), ...(end?.answer === undefined ? [] : [say('assistant', end.answer, end.at)])];
}
