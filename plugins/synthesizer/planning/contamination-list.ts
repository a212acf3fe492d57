import { readFile } from 'node:fs/promises';
import { fault, reason } from '#kernel';
import type { ListedTask } from '#plugins/task-similarity/api';

const NAMES = ['text', 'task', 'question', 'query', 'description', 'instruction', 'prompt'] as const;

/** One a line: a JSON object with the text under a usual name, or the text itself. Fault CONTAMINATION_LIST. */
export async function readContaminationList(file: string): Promise<readonly ListedTask[]> {
  if (file === '') return [];
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fault('CONTAMINATION_LIST', `cannot read the list of evaluation tasks ${file}: ${reason(error)}`, {
      kind: 'invalid',
      hint: 'look at synthesizer.contamination',
    });
  }
  return text.split('\n').flatMap((line, at) => {
    const said = line.trim();
    if (said === '') return [];
    return said.startsWith('{') ? listed(said, file, at + 1) : { id: `line ${at + 1}`, text: said };
  });
}

function listed(line: string, file: string, number: number): ListedTask {
  try {
    const value = JSON.parse(line) as Record<string, unknown> & { readonly id?: unknown; readonly task_id?: unknown };
    const name = NAMES.find((each) => typeof value[each] === 'string');
    const id = value.id ?? value.task_id ?? `line ${number}`;
    if (name !== undefined) return { id: String(id), text: String(value[name]) };
    throw new Error(`it has none of the members ${NAMES.join(', ')}`);
  } catch (error) {
    throw fault('CONTAMINATION_LIST', `${file}, line ${number}: ${reason(error)}`, { kind: 'invalid' });
  }
}
