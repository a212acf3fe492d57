import { anthropicClient } from '../client.ts';
import { CutOff, type Provider } from '../provider.ts';
import { Assembly, type StreamEvent } from './assembly.ts';
import { anthropicRequest } from './request.ts';

type Answer = Parameters<Assembly['takeAll']>[0];

/** Asks the Messages API; by its path, because `messages.create` writes warnings of its own to the console. */
export const askAnthropic: Provider = async (question, attempt) => {
  const client = await anthropicClient(attempt.profile, attempt.alive);
  const body = anthropicRequest(question, attempt);
  const { signal } = attempt;
  if (question.shape !== undefined) {
    const assembly = new Assembly(() => {});
    assembly.takeAll((await client.post('/v1/messages', { body, signal })) as Answer);
    return { parts: assembly.parts, finish: assembly.finish ?? 'stop', usage: assembly.usage };
  }
  const options = { body: { ...body, stream: true }, stream: true, signal };
  const stream = (await client.post('/v1/messages', options)) as AsyncIterable<StreamEvent>;
  const assembly = new Assembly(attempt.tell);
  let broken: unknown;
  try {
    for await (const event of stream) assembly.take(event);
  } catch (error) {
    broken = error;
  }
  const { said } = assembly;
  if (said === undefined) throw new CutOff(assembly, broken);
  return said;
};
