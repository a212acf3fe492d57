import type { RunMessage } from '../api.ts';
import type { Format, Origin, RunDraft } from '../format.ts';
import { type ChatConventions, chatMessages, isChat } from './reading/chat-messages.ts';
import { firstOf } from './reading/chat-run.ts';
import { isObject, type JsonObject, listOf, numberOf, objectOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { fileKey } from './reading/record-labels.ts';

/** The environment answers what failed with a sentence that begins like this. */
const CONVENTIONS: ChatConventions = { result: (text) => ({ text, error: text.startsWith('Error:') }) };
/** Rewards are products of factors that are 0 or 1, kept as floats. */
const ALMOST = 1e-6;

/**
 * tau-bench (`traj` and `reward`) and tau2-bench (`simulations` of a file, or one of them). What the simulated customer was told
 * and the reference actions go into `reference`: the agent has not seen them.
 */
export const tauBench: Format = {
  name: 'tau-bench',
  recognises: (value) =>
    isObject(value) &&
    (isTau(value) || isSimulation(value) || listOf(value.simulations).slice(0, 1).some(isSimulation)),
  read(value, origin): RunDraft | readonly RunDraft[] {
    const record = objectOf(value);
    if (isTau(record)) return tauRun(record, origin);
    if (isSimulation(record)) return simulationRun(record, {}, {}, origin);
    const tasks = new Map(listOf(record.tasks).map((task) => [String(objectOf(task).id), objectOf(task)]));
    const { environment_info, agent_info } = objectOf(record.info);
    const about = {
      domain: textOf(objectOf(environment_info).domain_name),
      model: textOf(objectOf(agent_info).llm),
    };
    return listOf(record.simulations).map((each) => {
      const simulation = objectOf(each);
      return simulationRun(simulation, tasks.get(String(simulation.task_id)) ?? {}, about, origin);
    });
  },
};

const isTau = (record: JsonObject): boolean =>
  Array.isArray(record.traj) && 'reward' in record && (record.traj.length === 0 || isChat(record.traj));

const isSimulation = (value: unknown): boolean =>
  isObject(value) &&
  'reward_info' in value &&
  'task_id' in value &&
  Array.isArray(value.messages) &&
  (value.messages.length === 0 || isChat(value.messages));

function tauRun(record: JsonObject, origin: Origin): RunDraft {
  const { task_id, trial, reward } = record;
  const { task, reward_info, user_cost, source, ...info } = objectOf(record.info);
  const messages = chatMessages(listOf(record.traj), CONVENTIONS);
  const { actions, outputs, instruction, user_id } = objectOf(task);
  return {
    ...named(messages, undefined, task_id, trial, origin),
    messages,
    request: firstOf(messages, 'user'),
    outcome: judged(numberOf(reward)),
    reference: present({
      actions,
      outputs,
      instruction,
      userId: user_id,
      rewardInfo: reward_info,
      userCost: user_cost,
      source,
      info: Object.keys(info).length > 0 ? info : undefined,
    }),
  };
}

function simulationRun(
  simulation: JsonObject,
  task: JsonObject,
  { domain, model }: { readonly domain?: string | undefined; readonly model?: string | undefined },
  origin: Origin,
): RunDraft {
  const { task_id, trial, reward_info, termination_reason, agent_cost, user_cost, start_time } = simulation;
  const messages = chatMessages(listOf(simulation.messages)).map(withoutUsersTools);
  const { evaluation_criteria, user_scenario } = task;
  const { actions, ...criteria } = objectOf(evaluation_criteria);
  const usd = numberOf(agent_cost);
  return present({
    ...named(messages, domain, task_id, trial, origin),
    model,
    startedAt: timeOf(start_time),
    messages,
    request: firstOf(messages, 'user'),
    outcome: judged(numberOf(objectOf(reward_info).reward)),
    usage: usd === undefined ? undefined : { usd },
    reference: present({
      actions,
      criteria,
      userScenario: user_scenario,
      rewardInfo: reward_info,
      userCost: user_cost,
      terminationReason: termination_reason,
    }),
  });
}

/** Where the customer has tools, too (a phone to look at), calls of them are no calls of the agent. */
function withoutUsersTools(message: RunMessage): RunMessage {
  const { calls, ...said } = message;
  return message.role !== 'user' || calls === undefined
    ? message
    : { ...said, extra: { calls: calls.map(({ tool, args }) => ({ name: tool.name, args })) } };
}

const judged = (score: number | undefined): RunDraft['outcome'] =>
  score === undefined ? { success: null } : { success: score >= 1 - ALMOST, score, evidence: 'reward' };

/** A record does not say which domain it is of: its policy does, else the name of its folder or file. */
function named(
  messages: readonly RunMessage[],
  known: string | undefined,
  id: unknown,
  trial: unknown,
  origin: Origin,
): Pick<RunDraft, 'key' | 'task' | 'labels'> {
  const { folder, fileName } = origin;
  const policy = /^\s*(?:<[^>]*>\s*)*#+\s*(\w+) agent policy\b/im.exec(firstOf(messages, 'system'))?.[1]?.toLowerCase();
  const domain = known ?? policy ?? domainIn(folder) ?? domainIn(fileName) ?? 'tau';
  const task = isName(id) ? `${domain}/${id}` : undefined;
  const labels = { task_id: id, trial, domain: known ?? policy };
  return present({
    key: task === undefined ? fileKey(origin) : isName(trial) ? `${task}/${trial}` : task,
    task,
    labels: Object.fromEntries(Object.entries(labels).filter(isLabel)),
  });
}

const isName = (value: unknown): value is string | number => typeof value === 'string' || Number.isFinite(value);
const isLabel = (entry: [string, unknown]): entry is [string, string | number] => isName(entry[1]);

const domainIn = (name: string): string | undefined => /airline|retail|telecom/i.exec(name)?.[0].toLowerCase();
