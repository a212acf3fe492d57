import type { Origin, RunDraft } from '../../format.ts';
import { lastWords } from '../reading/conversation.ts';
import { numberOf, objectOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';
import { requestOf } from '../reading/request.ts';
import { toolDefinitions } from '../reading/tool-definitions.ts';
import { attribute, listed, nested, structured, words } from './attributes.ts';
import { MergedConversation } from './merge.ts';
import { modelCall } from './model-call.ts';
import { conversationId, roleOf } from './roles.ts';
import type { Span } from './spans.ts';
import { toolSpan } from './tool-call.ts';

/**
 * A conversation (or a trace without one) is a run; an agent that another one called as a tool is a run of its own. Spans in
 * the order in which they began.
 */
export const runsOfSpans = (spans: readonly Span[], origin: Origin): readonly RunDraft[] =>
  [...runsIn(spans)].flatMap(([key, own]) => runOf(key, own, origin));

/** Spans by the run that they belong to, in the order in which runs begin. */
function runsIn(spans: readonly Span[]): ReadonlyMap<string, readonly Span[]> {
  const byId = new Map(spans.map((span) => [`${span.trace}/${span.id}`, span]));
  const named = new Map<string, string>();
  for (const span of spans) {
    const id = conversationId(span);
    if (id !== undefined && !named.has(span.trace)) named.set(span.trace, id);
  }
  const runs = new Map<string, Span[]>();
  for (const span of spans) {
    const whole = named.get(span.trace) ?? span.trace;
    const agent = calledAgent(span, byId);
    const key = agent === undefined ? whole : `${whole}/${agent.id}`;
    const run = runs.get(key);
    if (run === undefined) runs.set(key, [span]);
    else run.push(span);
  }
  return runs;
}

/** No trace is nested deeper, unless its spans are their own parents. */
const DEEPEST = 200;

/** The nearest agent around a span that runs below a tool of another agent. */
function calledAgent(span: Span, byId: ReadonlyMap<string, Span>): Span | undefined {
  let agent: Span | undefined;
  let one: Span | undefined = span;
  for (let depth = 0; one !== undefined && depth < DEEPEST; depth++) {
    const role = roleOf(one);
    if (agent !== undefined && role === 'tool') return agent;
    if (role === 'agent') agent ??= one;
    one = one.parent === undefined ? undefined : byId.get(`${one.trace}/${one.parent}`);
  }
  return undefined;
}

function runOf(key: string, spans: readonly Span[], origin: Origin): readonly RunDraft[] {
  const talk = new MergedConversation();
  const models = spans.filter((span) => roleOf(span) === 'model');
  for (const span of spans) {
    const role = roleOf(span);
    if (role === 'model') talk.model(modelCall(span), span.start);
    else if (role === 'tool') talk.tool(toolSpan(span), span.start);
  }
  const agent = spans.find((span) => roleOf(span) === 'agent');
  // An agent whose calls of the model are not traced tells what it was asked and what it said.
  if (models.length === 0 && agent !== undefined) talk.model(modelCall(agent), agent.start);
  const { messages } = talk;
  if (messages.length === 0) return [];
  const sum = (...names: readonly string[]): number | undefined => {
    const counts = models.map((span) => numberOf(attribute(span, ...names))).filter((count) => count !== undefined);
    return counts.length > 0 ? counts.reduce((total, count) => total + count, 0) : undefined;
  };
  return [
    present({
      key: key || origin.fileName,
      agent: agent && words(agent, 'gen_ai.agent.name', 'agent.name', 'service.name'),
      model: models
        .map((span) => words(span, 'gen_ai.response.model', 'gen_ai.request.model', 'llm.model_name', 'ai.model.id'))
        .find((model) => model !== undefined),
      startedAt: Math.round(spans[0]!.start) || undefined,
      request: requestOf(messages.find(({ role }) => role === 'user')?.text ?? ''),
      messages: messages.map((message) =>
        message.at === undefined ? message : { ...message, at: Math.round(message.at) },
      ),
      outcome: present({ success: null, answer: lastWords(messages) }),
      toolDefinitions: definitionsIn(spans),
      usage: present({
        inputTokens: sum(
          'gen_ai.usage.input_tokens',
          'gen_ai.usage.prompt_tokens',
          'llm.token_count.prompt',
          'ai.usage.promptTokens',
        ),
        outputTokens: sum(
          'gen_ai.usage.output_tokens',
          'gen_ai.usage.completion_tokens',
          'llm.token_count.completion',
          'ai.usage.completionTokens',
        ),
        usd: sum('llm.cost.total', 'gen_ai.usage.cost'),
      }),
    }),
  ];
}

function definitionsIn(spans: readonly Span[]): RunDraft['toolDefinitions'] {
  for (const span of spans) {
    const given = listed(attribute(span, 'gen_ai.tool.definitions', 'ai.prompt.tools'));
    const flat = nested(span, 'llm.tools').map((tool) => structured(objectOf(objectOf(tool).tool).json_schema));
    const found = toolDefinitions(given.length > 0 ? given : flat);
    if (found !== undefined) return found;
  }
  return undefined;
}
