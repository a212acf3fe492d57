import { z } from 'zod';
import type { RunCall, RunMessage } from '../api.ts';
import type { Format, RunDraft } from '../format.ts';
import { callArguments } from './reading/call-arguments.ts';
import { contentText } from './reading/content.ts';
import { isObject, type JsonObject, listOf, numberOf, objectOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';
import { shaped } from './reading/shaped.ts';

/**
 * mini-swe-agent: messages in which each answer has one command of the shell, in a block of code (1.x) or as a call of `bash`
 * (2.x). A bare list of messages, or with `info` beside it. `Submitted` says nothing of whether it was right.
 */
export const miniSweAgent: Format = {
  name: 'mini-swe-agent',
  recognises: (value) => {
    if (Array.isArray(value)) return isShellTalk(value);
    if (!isObject(value) || !Array.isArray(value.messages)) return false;
    const info = objectOf(value.info);
    return (
      textOf(value.trajectory_format)?.startsWith('mini-swe-agent') ||
      textOf(info.mini_version) !== undefined ||
      (isObject(info.model_stats) && 'exit_status' in info && !('trajectory' in value))
    );
  },
  read(value, origin): RunDraft {
    const { messages: entries, info, instance_id } = shaped(RECORD, Array.isArray(value) ? { messages: value } : value);
    const messages = messagesOf(entries);
    const prompt = messages.find(({ role }) => role === 'user')?.text ?? '';
    const used = entries.map(({ extra }) => objectOf(objectOf(objectOf(extra).response).usage));
    const sum = (name: string): number | undefined =>
      used.some((usage) => name in usage)
        ? used.reduce((total, usage) => total + (numberOf(usage[name]) ?? 0), 0)
        : undefined;
    return present({
      key: instance_id || (origin.alone ? origin.fileName : `${origin.fileName}#${origin.index}`),
      task: instance_id || origin.fileName.replace(/(?:\.traj(?:ectory)?)?\.jsonl?$/, ''),
      agent: 'mini-swe-agent',
      model: info.config?.model?.model_name,
      startedAt: messages.find(({ at }) => at !== undefined)?.at,
      request: requestOf(prompt),
      messages,
      outcome: present({
        success: null,
        evidence: info.exit_status ? `exit_status: ${info.exit_status}` : undefined,
        answer: info.submission?.trim() || undefined,
      }),
      usage: present({
        inputTokens: sum('prompt_tokens'),
        outputTokens: sum('completion_tokens'),
        usd: info.model_stats?.instance_cost,
      }),
      counts: { messages: entries.length },
    });
  },
};

const RECORD = z.object({
  messages: z.array(z.custom<JsonObject>(isObject, 'expected an object')).min(1),
  instance_id: z.string().nullish(),
  info: z
    .object({
      exit_status: z.string().nullish(),
      submission: z.string().nullish(),
      model_stats: z.object({ instance_cost: z.number().optional() }).optional().catch(undefined),
      config: z
        .object({ model: z.object({ model_name: z.string().optional() }).optional() })
        .optional()
        .catch(undefined),
    })
    .default({}),
});

const BLOCK = /```(?:mswea_bash_command|bash|sh)[ \t]*\r?\n([\s\S]*?)\r?\n?```/;

/** A bare list of messages could be any agent's: commands in blocks, each followed by what came of it, tell this one. */
function isShellTalk(list: readonly unknown[]): boolean {
  const [system, user, ...turns] = list.slice(0, 6).map(objectOf);
  if (system?.role !== 'system' || user?.role !== 'user') return false;
  return turns.some(
    ({ role, content }, at) =>
      role === 'assistant' &&
      BLOCK.test(contentText(content)) &&
      /^\s*(?:<returncode>|<output>|Observation:)/.test(contentText(turns[at + 1]?.content)),
  );
}

function messagesOf(entries: readonly JsonObject[]): readonly RunMessage[] {
  const messages: RunMessage[] = [];
  let asked: readonly RunCall[] = [];
  entries.forEach((entry, index) => {
    const extra = objectOf(entry.extra);
    const at = timeOf(extra.timestamp ?? entry.timestamp);
    if (entry.role === 'assistant' || entry.object === 'response') {
      const said = present({ role: 'assistant' as const, text: textOfAnswer(entry), at });
      asked = callsOf(entry, said.text, index);
      messages.push(asked.length > 0 ? { ...said, calls: asked } : said);
      return;
    }
    const text = contentText(entry.content ?? entry.output);
    const named = textOf(entry.tool_call_id) ?? textOf(entry.call_id);
    // The last word of the harness (`exit`) repeats what was handed in.
    if (entry.role === 'exit') return;
    if (named === undefined && (asked.length === 0 || entry.role === 'system')) {
      messages.push(present({ role: entry.role === 'system' ? ('system' as const) : ('user' as const), text, at }));
      return;
    }
    const answers = named ?? asked[0]!.id;
    asked = asked.filter(({ id }) => id !== answers);
    const code = numberOf(extra.returncode) ?? numberOf(/<returncode>\s*(-?\d+)\s*<\/returncode>/.exec(text)?.[1]);
    messages.push(
      present({ role: 'tool' as const, text, answers, error: code === undefined ? undefined : code !== 0, at }),
    );
  });
  return messages;
}

const textOfAnswer = ({ content, output }: JsonObject): string =>
  contentText(content ?? listOf(output).filter((item) => objectOf(item).type === 'message'));

/** The first word of a command is the tool. */
function callsOf(entry: JsonObject, text: string, index: number): readonly RunCall[] {
  const called = [
    ...listOf(entry.tool_calls),
    ...listOf(entry.output).filter((item) => objectOf(item).type === 'function_call'),
  ];
  if (called.length > 0)
    return called.map((value, at) => {
      const call = objectOf(value);
      const { name, arguments: given } = { ...call, ...objectOf(call.function) };
      const args = callArguments(given);
      const id = textOf(call.call_id) ?? textOf(call.id) ?? `call_${index}_${at}`;
      return { id, tool: commanded(textOf(args.command)) ?? { name: textOf(name) ?? 'unknown' }, args };
    });
  const command = BLOCK.exec(text)?.[1];
  const tool = commanded(command);
  return tool === undefined ? [] : [{ id: `call_${index}`, tool, args: { command } }];
}

function commanded(command: string | undefined): RunCall['tool'] | undefined {
  const name = /\S+/.exec(command ?? '')?.[0];
  return name === undefined ? undefined : { name, via: 'shell' };
}
