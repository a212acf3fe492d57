import type { Format, Origin, RunDraft } from '../format.ts';
import { isObject } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';
import { shaped } from './reading/shaped.ts';
import { isExported, readExported } from './swe-agent/exported.ts';
import { messagesOf } from './swe-agent/messages.ts';
import { TRAJ, type Traj } from './swe-agent/record.ts';

/**
 * SWE-agent's `.traj` files, 0.x and 1.x: one a run, with actions as text, as XML or as function calls; and what was made of
 * them as a table. `submitted` says that the agent handed something in, never that it was right.
 */
export const sweAgent: Format = {
  name: 'swe-agent',
  recognises(value) {
    if (!isObject(value)) return false;
    if (isExported(value)) return true;
    const { trajectory, history } = value;
    if (Array.isArray(trajectory) && trajectory.length > 0) return isStep(trajectory[0]);
    return Array.isArray(history) && history.length > 0 && history.slice(0, 3).every(isTurn);
  },
  read(value, origin): RunDraft {
    if (isExported(value)) return readExported(value, origin);
    const traj = shaped(TRAJ, value);
    const messages = messagesOf(traj);
    const { info, replay } = traj;
    const prompt = messages.find(({ role, demo }) => role === 'user' && !demo)?.text ?? '';
    const status = info.exit_status;
    const stats = info.model_stats;
    return present({
      key: origin.alone ? origin.fileName : `${origin.fileName}#${origin.index}`,
      task: taskOf(traj, origin),
      agent: 'SWE-agent',
      model: replay?.agent?.model?.name,
      request: requestOf(replay?.problem_statement?.text?.trim() || prompt),
      messages,
      outcome: present({
        success: null,
        evidence: status ? `exit_status: ${status}` : undefined,
        answer: info.submission?.trim() || undefined,
      }),
      usage: stats
        ? present({
            inputTokens: stats.tokens_sent,
            outputTokens: stats.tokens_received,
            usd: stats.instance_cost ?? stats.total_cost,
          })
        : undefined,
      counts: present({
        messages: traj.history.length || undefined,
        steps: traj.trajectory.length > 0 ? traj.trajectory.length : undefined,
      }),
    });
  },
};

/**
 * 1.x writes the prompt of every step into it (`messages`, `query`): repetition, which is not read. Events of OpenHands, which
 * may have both members as well, say whose they are.
 */
const isStep = (step: unknown): boolean =>
  isObject(step) && typeof step.action === 'string' && 'observation' in step && !('source' in step);

/** In OpenHands' files `history` holds events, without a role. */
const isTurn = (turn: unknown): boolean =>
  isObject(turn) && typeof turn.role === 'string' && 'content' in turn && 'agent' in turn;

/** An instance of SWE-bench (`owner__repository-number`) without its owner where the record names one, else the file's name. */
function taskOf(traj: Traj, { fileName }: Origin): string {
  const stem = fileName.replace(/(?:\.traj)?(?:\.jsonl?)?(?:\.gz)?$/, '') || fileName;
  const { problem_statement, agent } = traj.replay ?? {};
  const instance = [problem_statement?.id, agent?.name].find((name) => name != null && INSTANCE.test(name));
  return instance ? instance.replace(/^.*__/, '') : (issueOf(stem, traj) ?? stem);
}

const INSTANCE = /^[\w.-]+__[A-Za-z][\w.-]*-\d+$/;
const DIRECTORY = /(?:"working_dir": *"|\(Current directory: )\/([\w.-]+)__([\w.-]+)[")]/;

/** A file that is called after an issue of the repository it worked in: `owner__repository-1867`, or `rp1867__...` in short. */
function issueOf(stem: string, { trajectory, history }: Traj): string | undefined {
  const texts = [trajectory[0]?.state ?? '', ...history.slice(0, 4).map(({ content }) => content)];
  const [, owner, repository] = texts.map((text) => DIRECTORY.exec(text)).find((found) => found !== null) ?? [];
  if (owner === undefined || repository === undefined) return undefined;
  const full = `${owner}__${repository}-`;
  if (stem.startsWith(full) && /^\d+$/.test(stem.slice(full.length))) return stem.slice(owner.length + 2);
  const [, short, issue] = /^([a-z]{2,4})(\d+)__/.exec(stem) ?? [];
  return short && issue && isShort(short, repository) ? `${repository}-${issue}` : undefined;
}

/** Its letters stand in the name in this order, the first one first. */
const isShort = (short: string, name: string): boolean => new RegExp(`^${[...short].join('.*')}`).test(name);
