import type { Approval } from '#plugins/policy/api';
import type { InstallProgress } from '#plugins/provisioner/api';
import type { TaskEvent } from '#plugins/tasks/api';
import type { RegistryChange, ToolRegistry } from '#plugins/tool-registry/api';
import { mcpEndpoint } from './detail.ts';

/** What the socket tells; the log adds `seq`. `tool_id` is the server's id, as the seeds have it. */
export type Event = ToolEvent | ProgressEvent | ApprovalEvent | TaskProgressEvent;

interface Told {
  /** Of the registry. */
  readonly version: number;
  readonly timestamp: string;
}
interface ToolEvent extends Told {
  readonly type: RegistryChange['type'];
  readonly tool_id: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly endpoint: string;
  readonly status: string;
  readonly error?: string;
  readonly tools: readonly string[];
}
interface ProgressEvent extends Told {
  readonly type: 'install_progress';
  readonly job_id: string;
  readonly tool_id?: string;
  readonly state: InstallProgress['state'];
  readonly stage: InstallProgress['stage'];
  readonly step: string;
  readonly message: string;
  /** 0 to 1 where it is known. */
  readonly done?: number;
}
interface ApprovalEvent extends Told {
  readonly type: 'approval_changed';
  readonly approval_id: string;
  readonly kind: Approval['kind'];
  readonly subject: string;
  readonly state: Approval['state'];
  readonly reason: string;
  readonly rule: string;
  readonly expires_at: string;
}

/** With the members of the task's own event, in snake_case. */
interface TaskProgressEvent extends Told {
  readonly type: TaskEvent['type'];
  readonly task_id: string;
  /** Within the task. */
  readonly task_seq: number;
  readonly [member: string]: unknown;
}

const time = (at: number): string => new Date(at).toISOString();

export function toolEvent(change: RegistryChange, registry: ToolRegistry): ToolEvent {
  const server = registry.snapshot.servers.get(change.server);
  const gone = change.type === 'tool_uninstalled' && server === undefined;
  return {
    type: change.type,
    version: change.version,
    tool_id: change.server,
    name: server?.spec.title ?? change.server,
    capabilities: server?.spec.capabilities ?? [],
    endpoint: mcpEndpoint(change.server),
    status: gone ? 'removed' : (server?.health.state ?? 'removed'),
    ...(server?.health.error !== undefined && { error: server.health.error }),
    tools: change.tools,
    timestamp: time(change.at),
  };
}

export const progressEvent = (progress: InstallProgress, registry: ToolRegistry): ProgressEvent => ({
  type: 'install_progress',
  version: registry.snapshot.version,
  job_id: progress.job,
  ...(progress.server !== undefined && { tool_id: progress.server }),
  state: progress.state,
  stage: progress.stage,
  step: progress.step,
  message: progress.message,
  ...(progress.done !== undefined && { done: progress.done }),
  timestamp: time(progress.at),
});

/** Without its detail: who may decide reads that over REST. */
export const approvalEvent = (approval: Approval, registry: ToolRegistry): ApprovalEvent => ({
  type: 'approval_changed',
  version: registry.snapshot.version,
  approval_id: approval.id,
  kind: approval.kind,
  subject: approval.subject,
  state: approval.state,
  reason: approval.reason,
  rule: approval.rule,
  expires_at: time(approval.expiresAt),
  timestamp: time(approval.decidedAt ?? approval.createdAt),
});

export const taskEvent = ({ type, task, seq, at, ...news }: TaskEvent, registry: ToolRegistry): TaskProgressEvent => ({
  ...(snakeCase(news) as object),
  type,
  version: registry.snapshot.version,
  task_id: task,
  task_seq: seq,
  timestamp: time(at),
});

function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== 'object' || value === null) return value;
  const spelled = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [spelled(name), snakeCase(each)]));
}
