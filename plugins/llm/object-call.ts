import type OpenAI from 'openai';
import { z } from 'zod';
import { fault } from '#kernel';
import type { ObjectAnswer, ObjectRequest } from './api.ts';
import type { Clients } from './client.ts';
import type { ProfileConfig } from './config.ts';
import { readAnswer } from './json-answer.ts';
import { llmFault } from './llm-faults.ts';

type Message = OpenAI.ChatCompletionMessageParam;
type Form = ProfileConfig['json'];
const WEAKER: Readonly<Record<Form, Form | undefined>> = { schema: 'object', object: 'text', text: undefined };

/** Asks for a value of a given shape, in the strictest form that the API takes. */
export class ObjectCalls {
  readonly #clients: Clients;
  /** What an API takes, by place and model; learnt from its refusals. */
  readonly #forms = new Map<string, Form>();

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  async call<T>(profile: ProfileConfig, wanted: ObjectRequest<T>, signal?: AbortSignal): Promise<ObjectAnswer<T>> {
    const { model, apiKey, repairs } = profile;
    const shape = z.toJSONSchema(wanted.schema, { io: 'input', unrepresentable: 'any' });
    const system = `${wanted.system}\n\nAnswer with one JSON object and nothing else. Its JSON Schema:\n${JSON.stringify(shape)}`;
    const messages: Message[] = [
      { role: 'system', content: system },
      { role: 'user', content: wanted.user },
    ];
    const long = messages.reduce((sum, { content }) => sum + String(content).length, 0);
    if (long > profile.maxInputCharacters)
      throw fault('LLM_REFUSED', `the request has ${long} characters; at most ${profile.maxInputCharacters} are sent`, {
        kind: 'too_large',
        hint: 'shorten it, or raise llm.maxInputCharacters',
      });
    const usage = { input: 0, output: 0 };
    for (let attempt = 0; ; attempt++) {
      const said = await this.#ask(profile, wanted, shape, messages, signal).catch((error: unknown) => {
        throw llmFault(error, model, apiKey, signal);
      });
      usage.input += said.usage?.prompt_tokens ?? 0;
      usage.output += said.usage?.completion_tokens ?? 0;
      const text = said.choices?.[0]?.message?.content ?? '';
      const read = await readAnswer(text, wanted.schema);
      if (read.ok) return { value: read.value, model, usage };
      if (attempt >= repairs)
        throw fault('LLM_ANSWER_INVALID', `the model "${model}" gave no answer that fits: ${read.problem}`, {
          kind: 'unavailable',
          hint: 'use a stronger model, or raise llm.repairs or llm.maxOutputTokens',
        });
      messages.push(
        { role: 'assistant', content: text },
        { role: 'user', content: `That does not fit: ${read.problem}. Answer again, with the JSON object alone.` },
      );
    }
  }

  async #ask<T>(
    profile: ProfileConfig,
    { name, maxOutputTokens = profile.maxOutputTokens }: ObjectRequest<T>,
    shape: object,
    messages: readonly Message[],
    signal: AbortSignal | undefined,
  ): Promise<OpenAI.ChatCompletion> {
    const client = await this.#clients.for(profile);
    const place = `${profile.url} ${profile.model}`;
    for (;;) {
      const form = this.#forms.get(place) ?? profile.json;
      try {
        return await client.chat.completions.create(
          {
            model: profile.model,
            messages: [...messages],
            temperature: 0,
            max_tokens: maxOutputTokens,
            ...responseFormat(form, name, shape),
          },
          { ...(signal && { signal }) },
        );
      } catch (error) {
        const weaker = WEAKER[form];
        if (weaker === undefined || !refusesForm(error)) throw error;
        this.#forms.set(place, weaker);
      }
    }
  }
}

function responseFormat(form: Form, name: string, schema: object) {
  if (form === 'text') return {};
  if (form === 'object') return { response_format: { type: 'json_object' as const } };
  return {
    response_format: { type: 'json_schema' as const, json_schema: { name, schema: { ...schema }, strict: false } },
  };
}

const refusesForm = (error: unknown): boolean => {
  const { status, message } = error as { status?: unknown; message?: unknown };
  return (status === 400 || status === 422) && /response_format|json_schema|json_object/i.test(String(message));
};
