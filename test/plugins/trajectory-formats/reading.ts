import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ImportedRun, ReadEvent, ReadOptions, TrajectoryFormats } from '#plugins/trajectory-formats/api';
import plugin from '../../../plugins/trajectory-formats/index.ts';
import { openPlugin } from '../open-plugin.ts';

/** The plugin, with options of its own. */
export async function openFormats(config: object = {}): Promise<TrajectoryFormats> {
  const { plugin: opened } = await openPlugin(plugin, config);
  return opened.formats;
}

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'formats-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file into a folder of its own. */
export function fileOf(content: string | Uint8Array, name = 'runs.jsonl'): string {
  const file = join(scratch(), name);
  writeFileSync(file, content);
  return file;
}

type Of<T extends ReadEvent['type']> = Extract<ReadEvent, { readonly type: T }>;

export interface Read {
  readonly events: readonly ReadEvent[];
  readonly runs: readonly ImportedRun[];
  readonly bad: readonly Of<'bad'>[];
  readonly refused: readonly string[];
  readonly end: Of<'end'>;
}

export async function readAll(formats: TrajectoryFormats, file: string, options?: ReadOptions): Promise<Read> {
  const events: ReadEvent[] = [];
  for await (const event of formats.read(file, options)) events.push(event);
  const end = events.at(-1);
  if (end?.type !== 'end') throw new Error('the last event is not the end');
  return {
    events,
    end,
    runs: events.flatMap((event) => (event.type === 'run' ? [event.run] : [])),
    bad: events.filter((event) => event.type === 'bad'),
    refused: events.flatMap((event) => (event.type === 'refused' ? [event.reason] : [])),
  };
}

/** `server/tool` of the calls that are no look-ups, in order. */
export const toolSequence = ({ messages }: ImportedRun): string[] =>
  messages.flatMap(({ calls = [], demo }) =>
    demo
      ? []
      : calls.flatMap(({ tool, lookup }) => (lookup ? [] : [tool.server ? `${tool.server}/${tool.name}` : tool.name])),
  );

/** A small run, other ones by their number. */
export const record = (n: number, more: object = {}): object => ({
  task_id: n,
  reward: n % 2,
  info: { task: { instruction: `secret ${n}`, actions: [{ name: 'lookup', kwargs: {} }] } },
  traj: [
    { role: 'system', content: '# Airline Agent Policy' },
    { role: 'user', content: `Request ${n}: "quoted", {braces}, [brackets], \\ and 東京` },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: `call_${n}`, type: 'function', function: { name: 'find', arguments: `{"n":${n}}` } }],
    },
    { role: 'tool', tool_call_id: `call_${n}`, name: 'find', content: `{"found": ${n}}` },
    { role: 'assistant', content: `Done ${n}.` },
  ],
  trial: 0,
  ...more,
});
