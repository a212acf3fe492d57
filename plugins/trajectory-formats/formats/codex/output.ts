import { contentText } from '../reading/content.ts';
import { isObject, type JsonObject, numberOf, objectOf } from '../reading/members.ts';

/** Result of a call: text, parts, `{content, success}`, or (in a string) JSON with the output and the exit code of a command. */
export function outputOf(output: unknown): { readonly text: string; readonly error: boolean | undefined } {
  if (isObject(output)) {
    const text = contentText(output.content ?? output.content_items ?? output.output ?? output);
    return { text, error: typeof output.success === 'boolean' ? !output.success : undefined };
  }
  const text = contentText(output);
  const shell = commandOutput(text);
  if (shell !== undefined) return shell;
  const code = /^(?:Exit code: |Process exited with code )(-?\d+)$/m.exec(text.slice(0, 500))?.[1];
  return { text, error: code === undefined ? undefined : code !== '0' };
}

function commandOutput(text: string): { text: string; error: boolean | undefined } | undefined {
  if (!text.startsWith('{"output"')) return undefined;
  let parsed: JsonObject;
  try {
    parsed = objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
  if (typeof parsed.output !== 'string') return undefined;
  const code = numberOf(objectOf(parsed.metadata).exit_code);
  return { text: parsed.output, error: code === undefined ? undefined : code !== 0 };
}
