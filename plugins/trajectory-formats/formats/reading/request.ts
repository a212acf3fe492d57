/** Tags in which harnesses of coding agents put the words of the task. */
const TAGS = ['issue_description', 'pr_description', 'problem_statement', 'task_description', 'issue', 'task'];

/**
 * The task in the words of who gave it, out of a prompt that a harness put around it: the text inside known tags, between known
 * headings, or the whole.
 */
export function requestOf(prompt: string): string {
  const tagged = insideTag(prompt);
  if (tagged !== undefined) return without(tagged, 'Consider the following PR description:');
  const end = prompt.search(/^INSTRUCTIONS:[ \t]*\r?$/m);
  let asked = end < 0 ? withoutPrompt(prompt) : prompt.slice(0, end);
  for (const opening of OPENINGS) asked = without(asked, opening);
  const manual = asked.indexOf(MANUAL);
  return (manual < 0 ? asked : asked.slice(0, manual)).trim() || prompt.trim();
}

const OPENINGS = [
  "We're currently solving the following issue within our repository. Here's the issue text:",
  'ISSUE:',
  'Please solve this issue:',
];
const MANUAL = '\nYou can execute bash commands and edit files to implement the necessary changes.';

const without = (text: string, opening: string): string =>
  text.trimStart().startsWith(opening) ? text.trimStart().slice(opening.length).trim() : text;

function insideTag(prompt: string): string | undefined {
  for (const tag of TAGS) {
    const from = prompt.indexOf(`<${tag}>`);
    // The last end: the task itself may speak of the tag.
    const to = prompt.lastIndexOf(`</${tag}>`);
    const inner = from < 0 || to < from ? '' : prompt.slice(from + tag.length + 2, to).trim();
    if (inner !== '') return inner;
  }
  return undefined;
}

/** Without the shell prompt that some harnesses print below every text. */
export function withoutPrompt(text: string): string {
  const at = text.lastIndexOf('(Open file: ');
  const prompt = /^\(Open file: [^\n]*\)\n\(Current directory: [^\n]*\)\nbash-\$\s*$/;
  return at < 0 || text.length - at > 2000 || !prompt.test(text.slice(at)) ? text : text.slice(0, at).trimEnd();
}
