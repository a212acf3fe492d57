import { hash } from 'node:crypto';
import type { Format, Origin, RunDraft, SessionFormat } from '../format.ts';
import { readLegacy } from './openhands/legacy-events.ts';
import { outcomeOf, usageOf } from './openhands/outcome.ts';
import { readEvents } from './openhands/sdk-events.ts';
import { isObject, type JsonObject, listOf, objectOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';

/**
 * OpenHands: what its evaluations write (an object a task, with a `history` of events or of pairs of them), and trajectories
 * that are a list of events. Events are those of V0 (`action` and `observation`) or of V1 (`kind`); in exports as a table each
 * has all members, null where it says nothing. `feedback` of a user is no verdict.
 */
export const openhands: Format = {
  name: 'openhands',
  recognises: (value) => isEvents(isObject(value) ? eventsOf(value) : value),
  read(value, origin) {
    const run = runOf(Array.isArray(value) ? { history: value } : objectOf(value), origin);
    if (run === undefined) throw new Error('history: no event of it says or does anything');
    return run;
  },
};

/** The same events, one a line; or one a file, as conversations are kept: `0.json` (V0), `event-00000-ID.json` (V1). */
export const openhandsEvents: SessionFormat = {
  name: 'openhands',
  recognisesLine: isEvent,
  folder: { files: /^(?:event-)?(\d+)(?:-[\da-f-]{8,})?\.json$/i, name: 'events', copies: 'event_cache' },
  readLines(lines, origin) {
    if (lines.length === 1 && origin.fileName.endsWith('.json'))
      throw new Error('it is one event alone: name the folder of its conversation, which is read as one run');
    const run = runOf({ history: lines }, origin);
    return run === undefined ? [] : [{ ...run, session: sessionOf(lines) }];
  },
};

/** undefined: nobody says or does anything (yet). */
function runOf(record: JsonObject, origin: Origin): RunDraft | undefined {
  const events = listOf(eventsOf(record)).flat().filter(isObject);
  const read = events.some(isSdkEvent) ? readEvents(events) : readLegacy(events);
  const { metadata, instance, instruction, attempt } = record;
  const { agent_class, llm_config, llm } = objectOf(metadata);
  const id = textOf(record.instance_id) ?? textOf(objectOf(instance).instance_id) ?? textOf(record.task_id);
  const asked = textOf(instruction) ?? read.messages.find(({ role }) => role === 'user')?.text ?? '';
  if (read.messages.length === 0) return undefined;
  return present({
    key: id ?? (origin.alone ? origin.fileName : `${origin.fileName}#${origin.index}`),
    task: id,
    agent: textOf(agent_class) ?? 'OpenHands',
    model: textOf(objectOf(llm_config).model) ?? textOf(objectOf(llm).model) ?? read.model,
    startedAt: events.map(({ timestamp }) => timeOf(timestamp)).find((at) => at !== undefined),
    request: requestOf(asked),
    messages: read.messages,
    toolDefinitions: read.tools,
    outcome: present({ ...outcomeOf(record, id), answer: read.answer }),
    usage: usageOf(record, events),
    labels: typeof attempt === 'number' ? { attempt } : undefined,
    reference: referenceOf(record),
  });
}

/**
 * A session has no name; its first event has one, or a time. Where it has neither, what grew cannot be told from what only
 * begins the same, and each is a session of its own.
 */
function sessionOf(lines: readonly unknown[]): string {
  const { id, timestamp } = lines.map(objectOf).find((line) => textOf(line.id) ?? textOf(line.timestamp)) ?? {};
  return `openhands:${textOf(timestamp) ?? textOf(id) ?? hash('sha256', JSON.stringify(lines), 'hex')}`;
}

/** Gold patches and test results: for checks, never for prompts. */
function referenceOf({ instance, test_result, report }: JsonObject): JsonObject | undefined {
  const reference = present({ instance, test_result, report });
  return Object.keys(reference).length > 0 ? reference : undefined;
}

const eventsOf = ({ history, events, trajectory }: JsonObject): unknown => history ?? events ?? trajectory;

/** The first entries tell: an event, or a pair of an action and what came of it. */
const isEvents = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.slice(0, 5).some((entry) => (Array.isArray(entry) ? entry.length > 0 && entry.every(isEvent) : isEvent(entry)));

/** Whoever automates or logs something may have `action` and `args`; events say besides what they are of. */
function isEvent(value: unknown): boolean {
  if (!isObject(value) || 'role' in value) return false;
  if (isSdkEvent(value)) return true;
  const carries = isObject(value.args) || (isObject(value.extras) && 'observation' in value);
  const acts = typeof value.action === 'string' && carries && TELLING.some((name) => name in value);
  const observes =
    typeof value.observation === 'string' && 'content' in value && (isObject(value.extras) || 'cause' in value);
  return acts || observes;
}

const TELLING = ['source', 'message', 'id', 'timestamp'];

/** Kubernetes, too, has objects with a `kind`. */
const isSdkEvent = ({ kind, source }: JsonObject): boolean =>
  typeof kind === 'string' && /^[A-Z]/.test(kind) && typeof source === 'string' && SOURCES.has(source);
const SOURCES = new Set(['agent', 'user', 'environment', 'hook']);
