import { z } from 'zod';
import { fault } from '#kernel';
import type { Message } from '#plugins/context/api';
import type { ObjectAnswer, ObjectRequest, Usage } from './api.ts';
import type { Asking } from './asking.ts';
import { readAnswer } from './json-answer.ts';
import type { Profile } from './profiles.ts';
import type { Said } from './provider.ts';
import { plus } from './usage.ts';

interface Shape {
  readonly schema: Record<string, unknown>;
  readonly text: string;
}
/** The same few shapes are asked for again and again. */
const shapes = new WeakMap<z.ZodType, Shape>();

function shapeOf(of: z.ZodType): Shape {
  let shape = shapes.get(of);
  if (shape === undefined) {
    const schema = z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
    shape = { schema, text: JSON.stringify(schema) };
    shapes.set(of, shape);
  }
  return shape;
}

/** Asks for a value of a given shape, in the strictest form that the API takes. */
export async function object<T>(
  asking: Asking,
  profile: Profile,
  wanted: ObjectRequest<T>,
  until: AbortSignal,
  used: (usage: Usage) => void,
): Promise<Omit<ObjectAnswer<T>, 'usd'>> {
  const { model, repairs } = profile;
  const { schema, text: schemaText } = shapeOf(wanted.schema);
  const system = `${wanted.system}\n\nAnswer with one JSON object and nothing else. Its JSON Schema:\n${schemaText}`;
  const long = system.length + wanted.user.length;
  if (long > profile.maxInputCharacters)
    throw fault('LLM_REFUSED', `the request has ${long} characters; at most ${profile.maxInputCharacters} are sent`, {
      kind: 'too_large',
      hint: 'shorten it, or raise llm.maxInputCharacters',
    });
  const messages: Message[] = [text('user', wanted.user)];
  const { maxOutputTokens = profile.maxOutputTokens, name } = wanted;
  const question = { system, messages, tools: [], maxOutputTokens, temperature: 0, shape: { name, schema } };
  let usage: Usage | undefined;
  for (let attempt = 0; ; attempt++) {
    const answered = await asking.ask(profile, question, until, { tell: () => {}, used });
    usage = plus(usage, answered.usage);
    const answer = textOf(answered.said);
    const read = await readAnswer(answer, wanted.schema);
    if (read.ok) return { value: read.value, model, usage: usage! };
    if (attempt >= repairs)
      throw fault('LLM_ANSWER_INVALID', `the model "${model}" gave no answer that fits: ${read.problem}`, {
        kind: 'unavailable',
        hint: 'use a stronger model, or raise llm.repairs or llm.maxOutputTokens',
      });
    messages.push(
      text('assistant', answer),
      text('user', `That does not fit: ${read.problem}. Answer again, with the JSON object alone.`),
    );
  }
}

const text = (role: Message['role'], said: string): Message => ({
  id: role,
  role,
  at: 0,
  parts: [{ type: 'text', text: said }],
});

/** The arguments of a call, where the answer had to be one; else what it says. */
const textOf = ({ parts }: Said): string =>
  parts.find((part) => part.type === 'tool')?.args ??
  parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n');
