import type { Origin } from '../../format.ts';
import { isObject, type JsonObject } from './members.ts';

const LABELS = [
  'id',
  'uuid',
  'task_id',
  'instance_id',
  'trajectory_id',
  'traj_id',
  'run_id',
  'conversation_id',
  'trial',
  'trial_id',
  'attempt',
  'seed',
];
const TASKS = ['task_id', 'instance_id', 'problem_id', 'question_id'];
const RUNS = ['trial', 'trial_id', 'attempt', 'run_id', 'trajectory_id', 'traj_id'];

const isLabel = (value: unknown): value is string | number =>
  (typeof value === 'string' && value !== '' && value.length <= 200) ||
  (typeof value === 'number' && Number.isFinite(value));

/** What the record says of itself that makes it another run than one that reads the same. */
export function labelsOf(record: JsonObject): Readonly<Record<string, string | number>> {
  const labels: Record<string, string | number> = {};
  const { id } = exportedAs(record) ?? {};
  if (id !== undefined) labels.id = id;
  for (const name of LABELS) {
    const value = record[name];
    if (isLabel(value)) labels[name] = value;
  }
  return labels;
}

export const taskLabel = (record: JsonObject): string | undefined => firstLabel(record, TASKS);

/** The record's own name, else the file's, with its number where there are more. */
export function keyOf(record: JsonObject, origin: Origin): string {
  const exported = exportedAs(record);
  if (exported !== undefined) return exported.key;
  const run = firstLabel(record, RUNS);
  const task = taskLabel(record);
  const own = task !== undefined && run !== undefined ? `${task}/${run}` : (firstLabel(record, LABELS) ?? task);
  return own ?? fileKey(origin);
}

/** What an export of this project says of the run that it was. */
export function exportedAs({ metadata }: JsonObject): { readonly id: string; readonly key: string } | undefined {
  if (!isObject(metadata) || typeof metadata.format !== 'string') return undefined;
  const { id, key } = metadata;
  return typeof id === 'string' && typeof key === 'string' ? { id, key } : undefined;
}

export const fileKey = ({ fileName, index, alone }: Origin): string => (alone ? fileName : `${fileName}#${index}`);

function firstLabel(record: JsonObject, names: readonly string[]): string | undefined {
  const found = [record, isObject(record.metadata) ? record.metadata : {}];
  for (const each of found)
    for (const name of names) {
      const value = each[name];
      if (isLabel(value)) return String(value);
    }
  return undefined;
}
