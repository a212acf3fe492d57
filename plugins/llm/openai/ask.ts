import { openAiClient } from '../client.ts';
import { type Attempt, CutOff, type Provider, type Said } from '../provider.ts';
import { Assembly, type Chunk } from './assembly.ts';
import { openAiRequest } from './request.ts';
import { wholeAnswer } from './whole-answer.ts';

/** Asks a chat completions API. */
export const askOpenAi: Provider = async (question, attempt) => {
  const body = openAiRequest(question, attempt);
  if (question.shape !== undefined) {
    const assembly = new Assembly(() => {});
    assembly.take(await wholeAnswer({ ...body, stream: false }, attempt));
    // Some leave the reason out of a whole answer.
    return assembly.said ?? { parts: assembly.parts, finish: 'stop', usage: assembly.usage };
  }
  const client = await openAiClient(attempt.profile, attempt.alive);
  const options = { signal: attempt.signal };
  const usage = attempt.dialect.streamOptions ? { stream_options: { include_usage: true } } : {};
  const { data, response } = await client.chat.completions
    .create({ ...body, ...usage, stream: true }, options)
    .withResponse();
  // Some gateways know no streams, and answer as if none was asked for.
  const isWhole = response.headers.get('content-type')?.includes('application/json') === true;
  const chunks = isWhole ? [(await response.json()) as Chunk] : (data as AsyncIterable<Chunk>);
  return assembled(chunks, attempt);
};

async function assembled(chunks: Iterable<Chunk> | AsyncIterable<Chunk>, { tell }: Attempt): Promise<Said> {
  const assembly = new Assembly(tell);
  let broken: unknown;
  try {
    for await (const chunk of chunks) assembly.take(chunk);
  } catch (error) {
    broken = error;
  }
  // What comes after the reason for its end, usage, is not worth another request.
  const { said } = assembly;
  if (said === undefined) throw new CutOff(assembly, broken);
  return said;
}
