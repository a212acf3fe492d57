import { isObject, type JsonObject, listOf, objectOf, textOf } from '../reading/members.ts';

/** A line of a session. */
export interface Entry {
  readonly id: string;
  readonly type: string;
  readonly line: JsonObject;
  readonly message: JsonObject;
  readonly parent: string | undefined;
}

/** Entries of one conversation: of a session, or of one of its sub-agents. */
export interface Branch {
  readonly session: string | undefined;
  readonly agent: string | undefined;
  readonly entries: readonly Entry[];
}

/** Each once: a session that was resumed repeats what it goes on from. */
export function entriesOf(lines: readonly unknown[]): readonly Entry[] {
  const entries = new Map<string, Entry>();
  lines.forEach((line, index) => {
    if (!isObject(line) || typeof line.type !== 'string') return;
    const id = textOf(line.uuid) ?? `line ${index}`;
    if (entries.has(id)) return;
    const parent = textOf(line.parentUuid) ?? textOf(line.logicalParentUuid);
    entries.set(id, { id, type: line.type, line, message: objectOf(line.message), parent });
  });
  return [...entries.values()];
}

/** In the order in which they begin. What was taken back (a prompt that was written anew) is left out. */
export function branchesOf(entries: readonly Entry[]): readonly Branch[] {
  const branches = new Map<string, { session: string | undefined; agent: string | undefined; entries: Entry[] }>();
  const places = new Map<string, string>();
  const dropped = takenBack(entries);
  for (const entry of entries) {
    const { line, parent } = entry;
    if (dropped.has(entry.id)) continue;
    const session = textOf(line.sessionId) ?? textOf(line.session_id);
    const side = line.isSidechain === true || textOf(line.parent_tool_use_id) !== undefined;
    const agent = side ? (textOf(line.agentId) ?? textOf(line.parent_tool_use_id)) : undefined;
    const before = parent === undefined ? undefined : places.get(parent);
    // A sub-agent without a name is told by the chain of its entries.
    const follows = before !== undefined && (branches.get(before)!.agent !== undefined) === side && agent === undefined;
    const named = side ? (agent ?? `agent-${branches.size + 1}`) : undefined;
    const place = follows ? before : JSON.stringify([session, named]);
    places.set(entry.id, place);
    const branch = branches.get(place) ?? { session, agent: named, entries: [] };
    branches.set(place, branch);
    branch.entries.push(entry);
  }
  return [...branches.values()];
}

/** Of prompts that follow the same entry only the last was gone on with; everything below the others goes with them. */
function takenBack(entries: readonly Entry[]): ReadonlySet<string> {
  const prompts = new Map<string, string>();
  const dropped = new Set<string>();
  for (const entry of entries) {
    if (entry.parent === undefined || !isPrompt(entry)) continue;
    const earlier = prompts.get(entry.parent);
    if (earlier !== undefined) dropped.add(earlier);
    prompts.set(entry.parent, entry.id);
  }
  if (dropped.size > 0)
    for (const { id, parent } of entries) if (parent !== undefined && dropped.has(parent)) dropped.add(id);
  return dropped;
}

function isPrompt({ type, line, message: { content } }: Entry): boolean {
  if (type !== 'user' || line.isMeta === true || line.isSidechain === true || line.isCompactSummary === true)
    return false;
  return typeof content === 'string' || !listOf(content).some((part) => isObject(part) && part.type === 'tool_result');
}
