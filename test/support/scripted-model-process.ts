import fs from 'node:fs';
import { type Asked, type Reply, scriptedModel } from './scripted-model.ts';

/**
 * The stand-in for a language model as a process of its own: `node scripted-model-process.ts SCRIPT.json [ASKED.jsonl]`
 * prints its address, and ends with SIGTERM or with the process that started it. Requests are appended to ASKED.jsonl.
 */
interface Rule {
  /**
   * A number: the n-th request, from 1. A text: the last message holds it; `/such/i` is a pattern. Left out: always. The
   * first rule that fits answers.
   */
  readonly when?: number | string;
  /** It answers so often at most. */
  readonly times?: number;
  readonly reply: Reply;
}

const [script, log] = process.argv.slice(2);
if (script === undefined) throw new Error('name a script: a JSON list of {when, times, reply}');
const rules = JSON.parse(fs.readFileSync(script, 'utf8')) as readonly Rule[];
const used = new Map<Rule, number>();
let requests = 0;

const model = await scriptedModel((asked) => {
  requests++;
  if (log !== undefined) fs.appendFileSync(log, `${JSON.stringify(asked)}\n`);
  const last = lastText(asked);
  const rule = rules.find(
    (each) => fits(each, last) && (used.get(each) ?? 0) < (each.times ?? Number.POSITIVE_INFINITY),
  );
  if (rule === undefined)
    return { status: 400, body: { error: { message: `no rule answers: ${last.slice(0, 200)}` } } };
  used.set(rule, (used.get(rule) ?? 0) + 1);
  return rule.reply;
});
process.stdout.write(`${model.url}\n`);

function fits({ when }: Rule, last: string): boolean {
  if (when === undefined) return true;
  if (typeof when === 'number') return when === requests;
  const pattern = /^\/(.*)\/([a-z]*)$/s.exec(when);
  return pattern ? new RegExp(pattern[1]!, pattern[2]).test(last) : last.includes(when);
}

function lastText({ body }: Asked): string {
  const content: unknown = body?.messages?.at(-1)?.content ?? '';
  return typeof content === 'string' ? content : JSON.stringify(content);
}

const end = (): void => void model.close().then(() => process.exit(0));
process.once('SIGTERM', end);
process.once('SIGINT', end);
const parent = process.ppid;
setInterval(() => process.ppid !== parent && end(), 500).unref();
