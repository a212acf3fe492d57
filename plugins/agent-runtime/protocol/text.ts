import { randomUUID } from 'node:crypto';
import { nearest } from '#kernel';
import type { Message, Part, ReasoningPart, TextPart } from '#plugins/context/api';
import type { ToolCall, ToolSchema } from '#plugins/llm/api';
import { readPrompt } from '../read-prompt.ts';
import type { Decision, Protocol } from './protocol.ts';

const FORMAT = readPrompt('text-protocol');
const ACTIONS = ['execute_tool', 'switch_tool', 'replan', 'complete'] as const;
type Action = (typeof ACTIONS)[number];

/** For models without tool calling: decisions as text (seed 001 section 2.2). */
export const text: Protocol = {
  name: 'text',
  fixed: (system, tools) => ({ system: `${system}\n\n${FORMAT}\n\n${tools.map(described).join('\n')}`, tools: [] }),
  messages: (history) => history.flatMap(spelled),
  read: ({ parts, finish }) => {
    const reasoning = parts.filter((part): part is ReasoningPart => part.type === 'reasoning');
    const said = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
    const decided = decision(said, reasoning);
    // Half a decision is none.
    if (finish === 'length' || finish === 'refused')
      return { parts: decided.parts, calls: [], unfinished: `That reply was cut. Say it shorter. ${form()}` };
    return decided;
  },
};

const described = ({ name, description, inputSchema }: ToolSchema): string =>
  `- ${name}: ${description}\n  PARAMETERS: ${JSON.stringify(inputSchema)}`;

/** A call and its result as two messages: the block that asked for it, and the observation. */
function spelled(message: Message): Message[] {
  const calls = message.parts.filter((part) => part.type === 'tool');
  if (calls.length === 0) return [message];
  const words: Part[] = message.parts.filter((part) => part.type === 'text');
  const blocks = calls.map(({ name, args }) => block(name, args)).join('\n\n');
  const observed = calls.map(({ name, state, output }) => {
    const how = state === 'error' ? ' (failed)' : '';
    return `OBSERVATION from ${name}${how}:\n${output ?? 'no answer yet'}`;
  });
  const asked: Message = {
    ...message,
    parts: [...words, { type: 'text', text: `${words.length > 0 ? '\n' : ''}${blocks}` }],
  };
  const answer: Message = {
    id: `${message.id}-observed`,
    role: 'user',
    kind: 'notice',
    at: message.at,
    parts: [{ type: 'text', text: observed.join('\n\n') }],
  };
  return [asked, answer];
}

const block = (tool: string, args: string): string =>
  `ACTION_TYPE: execute_tool\nSELECTED_TOOL: ${tool}\nPARAMETERS: ${args}`;

/** Models write `**ACTION_TYPE**: [execute_tool]`, in any case. What is quoted (`>`) is none of theirs. */
const FIELD = /^[\s*_#`-]{0,20}(ACTION_TYPE|SELECTED_TOOL|ACTION|PARAMETERS|REASONING)[*_`]{0,4}\s{0,4}[:：]/i;
const FENCE = /^\s{0,8}(?:```|~~~)/;
const LONGEST_NAME = 200;

function decision(said: string, reasoning: readonly ReasoningPart[]): Decision {
  const { before, fields } = blockIn(said);
  const words: TextPart[] = before === '' ? [] : [{ type: 'text', text: before }];
  const parts = [...reasoning, ...words];
  const wanted = bare(fields.get('ACTION_TYPE') ?? '').toLowerCase();
  if (wanted === '') return { parts, calls: [], unfinished: `That has no ACTION_TYPE. ${form()}` };
  const action = ACTIONS.find((each) => each === wanted) ?? (nearest(wanted, ACTIONS, 1)[0] as Action | undefined);
  if (action === undefined) return { parts, calls: [], unfinished: `There is no ACTION_TYPE "${wanted}". ${form()}` };
  if (action === 'complete') return { parts, calls: [] };
  if (action === 'replan') return { parts, calls: [], unfinished: 'Go on with the first step of the new plan.' };
  const name = bare(fields.get('SELECTED_TOOL') ?? '');
  if (name === '') return { parts, calls: [], unfinished: `${action} needs SELECTED_TOOL. ${form()}` };
  const args = braced(fields.get('PARAMETERS') ?? '{}');
  return { parts, calls: [readable({ type: 'call', call: `text-${randomUUID().slice(0, 8)}`, name, args })] };
}

const form = (): string =>
  `End the reply with one block: ACTION_TYPE (${ACTIONS.join(', ')}), SELECTED_TOOL, PARAMETERS, REASONING.`;

/**
 * The first block, and what stands above it: what a model writes behind its decision, such as an observation that it made
 * up, decides nothing. What stands in a code fence is an example, unless the fence ends the reply and nothing decided before.
 */
function blockIn(said: string): { readonly before: string; readonly fields: ReadonlyMap<string, string> } {
  const lines = said.trimEnd().split('\n');
  const { open, fenced } = fencesIn(lines);
  const isDecision = (at: number): boolean => FIELD.exec(lines[at]!)?.[1]?.toUpperCase() === 'ACTION_TYPE';
  let begin = lines.findIndex((_, at) => !open[at] && isDecision(at));
  let end = begin;
  if (begin < 0 && fenced !== undefined) {
    begin = lines.findIndex((_, at) => at > fenced && isDecision(at));
    end = fenced;
  }
  if (begin < 0) return { before: said.trim(), fields: new Map() };
  const fields = new Map<string, string>();
  let field = '';
  for (const line of lines.slice(begin)) {
    const found = FIELD.exec(line);
    const name = found?.[1]?.toUpperCase();
    if (name !== undefined && fields.has(name)) break;
    if (name !== undefined) {
      field = name;
      fields.set(field, line.slice(found![0].length));
    } else fields.set(field, `${fields.get(field)}\n${line}`);
  }
  return { before: lines.slice(0, end).join('\n').trim(), fields };
}

/** Which lines stand in a fence; and where the fence begins that is the end of the reply. */
function fencesIn(lines: readonly string[]): {
  readonly open: readonly boolean[];
  readonly fenced: number | undefined;
} {
  const open: boolean[] = [];
  let since: number | undefined;
  let fenced: number | undefined;
  for (const [at, line] of lines.entries()) {
    open.push(since !== undefined);
    if (!FENCE.test(line)) continue;
    if (since === undefined) since = at;
    else {
      if (at === lines.length - 1) fenced = since;
      since = undefined;
    }
  }
  return { open, fenced };
}

/** A name without what models put around it. */
const bare = (value: string): string =>
  (value.trim().split('\n', 1)[0] ?? '')
    .slice(0, LONGEST_NAME)
    .replace(/^[[\s"'`*]+/, '')
    .replace(/[\]\s"'`*]+$/, '');

/** From the first to the last brace: what models put around JSON is dropped. */
function braced(value: string): string {
  const [from, to] = [value.indexOf('{'), value.lastIndexOf('}')];
  return from >= 0 && to > from ? value.slice(from, to + 1) : value.trim() || '{}';
}

function readable(call: ToolCall): ToolCall {
  try {
    JSON.parse(call.args);
    return call;
  } catch (error) {
    const problem = `PARAMETERS is no JSON object: ${(error as Error).message}`;
    return { ...call, args: JSON.stringify(call.args), problem };
  }
}
