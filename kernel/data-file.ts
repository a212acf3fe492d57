import type { z } from 'zod';
import { checkConfig } from './check-config.ts';
import { fault } from './errors.ts';
import { showPlace } from './problem.ts';
import { parseTree } from './tree.ts';

/**
 * A YAML text that people edit (rules, catalogs, prices), checked against its schema. Fault DATA_FILE_INVALID
 * (`invalid`): the message holds every problem, each with file, line and column, as `kernel check` prints them;
 * `data.problems` holds them one by one. An empty text is an empty map.
 */
export function readData<S extends z.ZodObject>(text: string, file: string, schema: S): z.output<S> {
  const { tree, problems } = parseTree(text, file);
  const top = { file, line: 1, column: 1 };
  const all = problems.map(({ code, ...rest }) => ({ ...rest, code: code.replace('PIPELINE', 'DATA') }));
  let value: unknown;
  if (tree !== undefined && tree.kind !== 'map') {
    all.push({ at: tree.at, code: 'DATA_INVALID', what: 'expected a map of keys' });
  } else if (all.length === 0) {
    const codes = { unknown: 'DATA_UNKNOWN_KEY', invalid: 'DATA_INVALID', missing: 'DATA_MISSING' };
    const checked = checkConfig({ owner: '', schema, tree, at: top, codes });
    all.push(...checked.problems);
    value = checked.value;
  }
  if (all.length === 0) return value as z.output<S>;
  const shown = all.map(({ at, what, hint }) => `${showPlace(at)} ${what}${hint ? ` (${hint})` : ''}`);
  throw fault('DATA_FILE_INVALID', shown.join('\n'), { kind: 'invalid', data: { problems: shown } });
}
