import { z } from 'zod';
import type { RunMessage } from '../api.ts';
import type { Format, RunDraft } from '../format.ts';
import { callArguments } from './reading/call-arguments.ts';
import { Conversation } from './reading/conversation.ts';
import { isObject, listOf, objectOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { shaped } from './reading/shaped.ts';
import { toolDefinitions } from './reading/tool-definitions.ts';

/**
 * Answers of ToolBench: a tree that a depth-first search has grown, of which one branch won, or chains that were tried one
 * after another. Only what led to the answer is the run; where nothing did, there is none.
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
    const won = winner(record.tree ? branchesOf(record.tree.tree) : triesOf(record.trys), generated.final_answer);
    if (won === undefined || win === false) throw new Error('no branch of the tree gave an answer');
    const stem = origin.fileName.replace(/\.json$/, '');
    const query = generated.query ?? '';
    const asked = query === '' ? [] : [{ role: 'user' as const, text: query }];
    return present({
      key: origin.alone ? origin.fileName : `${origin.fileName}#${origin.index}`,
      task: /^(\d+)_/.exec(stem)?.[1] ?? stem,
      agent: 'ToolBench',
      model: undefined,
      request: query,
      messages: [...asked, ...won.messages],
      // It ended with an answer; nobody has said that it is a right one.
      outcome: { success: null, evidence: 'finish: give_answer', answer: won.answer },
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
    .object({ query: z.string().optional(), final_answer: z.string().optional(), function: z.unknown().optional() })
    .default({}),
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

interface Branch {
  readonly messages: readonly RunMessage[];
  readonly answer: string;
}

/** The branch with this answer; where none has it, the last one that ended with an answer. */
function winner(branches: Iterable<readonly unknown[]>, final: string | undefined): Branch | undefined {
  let last: Branch | undefined;
  let exact: Branch | undefined;
  for (const branch of branches) {
    const read = readBranch(branch);
    if (read === undefined) continue;
    last = read;
    if (read.answer === final) exact = read;
  }
  return exact ?? last;
}

/** Codes of an observation that are no failure: a result, and the end with an answer. */
const FINE = new Set([0, 3]);

/** undefined: it did not end with an answer. */
function readBranch(branch: readonly unknown[]): Branch | undefined {
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
  return answer === undefined ? undefined : { messages: talk.messages, answer };
}
