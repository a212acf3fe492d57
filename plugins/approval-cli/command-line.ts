import { fault } from '#kernel';

export const USAGE = `usage: kernel start pipelines/approvals.yaml -- COMMAND

  list [open|approved|denied|expired|all]   what waits for a person; default: open
  show ID                                   one approval, with all that is known
  approve ID [COMMENT]                      whoever waits for it goes on
  deny ID [COMMENT]

ID may be cut short, as long as one open approval begins with it.
exit: 0 done, 1 refused, 2 wrong use, 3 no such approval, 4 the server cannot be reached
`;
const STATES = ['open', 'approved', 'denied', 'expired', 'all'];
const COMMANDS = ['list', 'show', 'approve', 'deny'] as const;

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'list'; readonly state: string }
  | { readonly name: 'show'; readonly id: string }
  | { readonly name: 'approve' | 'deny'; readonly id: string; readonly comment: string | undefined };

/** Fault CLI_USAGE (`invalid`) where the words make no command. */
export function parseCommand([word, ...words]: readonly string[]): Command {
  if (word === undefined || ['help', '--help', '-h'].includes(word)) return { name: 'help' };
  const name = COMMANDS.find((each) => each === word);
  if (name === undefined) throw wrong(`there is no command "${word}"`, COMMANDS);
  if (name === 'list') {
    const [state = 'open', ...more] = words;
    if (!STATES.includes(state)) throw wrong(`there is no state "${state}"`, STATES);
    if (more.length > 0) throw wrong(`list takes no "${more[0]}"`);
    return { name, state };
  }
  const [id, ...comment] = words;
  if (id === undefined || id === '') throw wrong(`${name}: which approval?`);
  if (name !== 'show') return { name, id, comment: comment.length > 0 ? comment.join(' ') : undefined };
  if (comment.length > 0) throw wrong(`show takes one id, and got "${comment[0]}" too`);
  return { name, id };
}

const wrong = (message: string, alternatives: readonly string[] = []) =>
  fault('CLI_USAGE', message, { kind: 'invalid', alternatives, hint: 'see --help' });
