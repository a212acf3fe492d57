/** Texts that Gemini CLI and its forks themselves send as the user: what surrounds the work, or a summary of what was. */
const CONTEXT =
  /^\s*(?:<(?:session_context|hook_context|state_snapshot)>|This is (?:the )?[\w .-]{1,40}\. We are setting up the context for our chat)/;
const SUMMARY = /^\s*<state_snapshot>/;

/** Orders to the program, which the model does not see. A path is none. */
const COMMAND = /^\s*(?:\/[\w:-]+(?:\s|$)|\?\s*$)/;

export const isContext = (text: string): boolean => CONTEXT.test(text);

/** Who but a person a text of the user is of. */
export function framingOf(text: string): { readonly of: string } | undefined {
  if (SUMMARY.test(text)) return { of: 'compaction' };
  return CONTEXT.test(text) || COMMAND.test(text) ? { of: 'program' } : undefined;
}
