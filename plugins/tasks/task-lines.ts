import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { fault, isFault, reason } from '#kernel';
import type { NewTask } from './api.ts';
import { checkTask } from './check-task.ts';
import { newTask, newTaskOf, seedLine, seedTaskOf } from './wire.ts';

export type TaskLine =
  | { readonly line: number; readonly task: NewTask & { readonly id: string } }
  | { readonly line: number; readonly problem: string };

/** What JSON may add to a description: six bytes for each character, and the other fields. */
const ESCAPED = 6;
const OTHERS = 4_096;

/** Tasks as JSON lines. A line that is none is told with its number and costs only itself; empty lines are skipped. */
export async function* taskLines(source: Readable, maxTaskBytes: number): AsyncGenerator<TaskLine> {
  const seen = new Map<string, number>();
  for await (const { line, text } of linesOf(source, maxTaskBytes * ESCAPED + OTHERS)) {
    if (text === undefined) yield { line, problem: 'the line is too long' };
    else if (text.trim() !== '') yield readLine(line, text.trim(), maxTaskBytes, seen);
  }
}

function readLine(line: number, text: string, maxTaskBytes: number, seen: Map<string, number>): TaskLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { line, problem: `not JSON: ${(error as Error).message}` };
  }
  const seed = seedLine.safeParse(value);
  const parsed = newTask.safeParse(value);
  if (!seed.success && !parsed.success) {
    const said = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the line'}: ${message}`);
    return { line, problem: said.join('; ') };
  }
  const task = seed.success ? seedTaskOf(seed.data) : newTaskOf(parsed.data!);
  try {
    checkTask(task, maxTaskBytes);
  } catch (error) {
    if (!isFault(error)) throw error;
    return { line, problem: error.message };
  }
  const id = task.id ?? createHash('sha256').update(text).digest('hex');
  const first = seen.get(id);
  if (first !== undefined) return { line, problem: `the same task as line ${first}` };
  seen.set(id, line);
  return { line, task: { ...task, id } };
}

/** Lines with their numbers; `text` is absent where one is longer than `maxBytes`. */
async function* linesOf(
  source: Readable,
  maxBytes: number,
): AsyncGenerator<{ readonly line: number; readonly text: string | undefined }> {
  let line = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer): void => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  };
  const flush = () => {
    const text = bytes <= maxBytes ? Buffer.concat(parts).toString('utf8') : undefined;
    parts = [];
    bytes = 0;
    return { line: line++, text };
  };
  for await (const chunk of source as AsyncIterable<Buffer | string>) {
    const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let from = 0;
    for (let at = buffer.indexOf(10); at >= 0; at = buffer.indexOf(10, from)) {
      take(buffer.subarray(from, at));
      yield flush();
      from = at + 1;
    }
    take(buffer.subarray(from));
  }
  if (bytes > 0) yield flush();
}

/** Fault TASKS_FILE where it cannot be read, from the first line on. */
export async function* taskFile(path: string, maxTaskBytes: number): AsyncGenerator<TaskLine> {
  const source = createReadStream(path);
  try {
    yield* taskLines(source, maxTaskBytes);
  } catch (error) {
    throw fault('TASKS_FILE', `cannot read ${path}: ${reason(error)}`, { kind: 'invalid' });
  } finally {
    source.destroy();
  }
}
