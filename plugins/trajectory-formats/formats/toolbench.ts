import { z } from 'zod';
import type { RunMessage } from '../api.ts';
import type { Format, RunDraft } from '../format.ts';
import { callArguments } from './reading/call-arguments.ts';
import { contentText } from './reading/content.ts';
import { Conversation } from './reading/conversation.ts';
import { isObject, listOf, objectOf, textOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { shaped } from './reading/shaped.ts';
import { toolDefinitions } from './reading/tool-definitions.ts';

/**
 * Answers of ToolBench: a tree that a depth-first search has grown, of which one branch won, or chains that were tried one
 * after another. Only what led to the answer is the run; where nothing did, what was tried last is one that failed.
 */
export const toolbench: Format = {
  name: 'toolbench',
  recognises: (value) =>
    isObject(value) &&
    (isNode(objectOf(value.tree).tree) ||
      (isObject(value.answer_generation) && Array.isArray(value.trys) && value.trys.length > 0)),
  read(value, origin): RunDraft {
    const record = shaped(RECORD, value);
    const { answer_generation: generated, win } = record;
    const branches = record.tree ? branchesOf(record.tree.tree) : triesOf(record.trys);
    const { won, last } = winner(branches, answerIn(generated.final_answer));
    const answered = win === false ? undefined : won;
    const { messages } = answered ?? last;
    const stem = origin.fileName.replace(/\.json$/, '');
    const query = generated.query ?? askedIn(generated.train_messages);
    const asked: readonly RunMessage[] = query === '' ? [] : [{ role: 'user', text: query }];
    if (messages.length === 0) throw new Error('no branch of the tree does anything');
    return present({
      key: origin.alone ? origin.fileName : `${origin.fileName}#${origin.index}`,
      task: /^(\d+)_/.exec(stem)?.[1] ?? stem,
      agent: 'ToolBench',
      model: undefined,
      request: query,
      messages: [...asked, ...messages],
      outcome: outcomeOf(answered),
      toolDefinitions: toolDefinitions(generated.function),
      usage: undefined,
    });
  },
};

const NODE = z.object({
  node_type: z.string(),
  description: z.string().default(''),
  observation: z.string().nullish(),
  observation_code: z.number().nullish(),
});
type Node = z.output<typeof NODE>;

const RECORD = z.object({
  win: z.boolean().optional(),
  tree: z.object({ tree: z.unknown() }).optional(),
  trys: z.unknown().optional(),
  answer_generation: z
    .object({
      query: z.string().nullish(),
      final_answer: z.string().nullish(),
      function: z.unknown().optional(),
      train_messages: z.unknown().optional(),
    })
    .nullish()
    .transform((generated) => generated ?? {}),
});

const isNode = (value: unknown): boolean => isObject(value) && typeof value.node_type === 'string';

/** Every way from the root to a leaf, one at a time; the list is the same one each time. */
function* branchesOf(value: unknown, way: unknown[] = []): Generator<readonly unknown[]> {
  way.push(value);
  const children = listOf(objectOf(value).children);
  if (children.length === 0) yield way;
  for (const child of children) yield* branchesOf(child, way);
  way.pop();
}

function* triesOf(tries: unknown): Generator<readonly unknown[]> {
  for (const one of listOf(tries)) yield listOf(objectOf(one).chain);
}

/** The answer, or the arguments of the call that gave it. */
function answerIn(final: string | null | undefined): string | undefined {
  const { final_answer } = callArguments(final);
  return textOf(final_answer) ?? final ?? undefined;
}

/** Records that were cut down for judges have the task in the prompts only. */
function askedIn(prompts: unknown): string {
  const first = listOf(listOf(prompts)[0]).map(objectOf);
  const asked = contentText(first.find(({ role }) => role === 'user')?.content);
  return asked.replace(/\nBegin!\s*$/, '').trim();
}

/** Where it ended with an answer, nobody has said that it is a right one. */
const outcomeOf = (answered: Branch | undefined): RunDraft['outcome'] =>
  answered?.answer === undefined
    ? { success: false, evidence: 'no answer' }
    : { success: null, evidence: 'finish: give_answer', answer: answered.answer };

interface Branch {
  readonly messages: readonly RunMessage[];
  readonly answer: string | undefined;
}

/** The branch with this answer, else the last one that ended with an answer; and the last one of all. */
function winner(
  branches: Iterable<readonly unknown[]>,
  final: string | undefined,
): { readonly won: Branch | undefined; readonly last: Branch } {
  let last: Branch = { messages: [], answer: undefined };
  let ended: Branch | undefined;
  let exact: Branch | undefined;
  for (const branch of branches) {
    last = readBranch(branch);
    if (last.answer === undefined) continue;
    ended = last;
    if (last.answer === final) exact = last;
  }
  return { won: exact ?? ended, last };
}

/** Codes of an observation that are no failure: a result, and the end with an answer. */
const FINE = new Set([0, 3]);

/** Without an answer, where it did not end with one. */
function readBranch(branch: readonly unknown[]): Branch {
  const talk = new Conversation();
  let action: string | undefined;
  let answer: string | undefined;
  branch.forEach((value, index) => {
    const node: Node = shaped(NODE, value);
    if (node.node_type === 'Thought') talk.act({ text: node.description });
    else if (node.node_type === 'Action') action = node.description;
    else if (node.node_type === 'Action Input' && action !== undefined) {
      const args = callArguments(node.description);
      const id = `call_${index}`;
      talk.act({ calls: [{ id, tool: { name: action }, args }] });
      const code = node.observation_code ?? undefined;
      if (typeof node.observation === 'string')
        talk.answer(id, node.observation, code === undefined ? undefined : !FINE.has(code));
      if (action === 'Finish' && args.return_type !== 'give_up_and_restart' && typeof args.final_answer === 'string')
        answer = args.final_answer;
      action = undefined;
    }
  });
  return { messages: talk.messages, answer };
}
