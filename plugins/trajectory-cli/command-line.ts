import { nearest } from '#kernel';
import type { Work } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { wrong } from './words.ts';

const LINES = COMMANDS.flatMap(({ help }) => help);
const WIDTH = Math.max(...LINES.map(([words]) => words.length));

export const USAGE = `usage: kernel start pipelines/trajectories.yaml -- COMMAND

${LINES.map(([words, does]) => `  ${words.padEnd(WIDTH)}  ${does}`.trimEnd()).join('\n')}

RUN and ID: as \`list\` shows them; their first characters do where no other begins so. PATH: a file, or a folder with all
below it; formats are recognised by their content. Texts that look like secrets are taken out of what \`export\` writes
(--redact all: personal data too; none: nothing).
exit: 0 done, 1 refused, 2 wrong use, 3 no such run, path or seed, 4 not available, 130 cancelled
`;

/** Undefined: help is wanted. Fault CLI_USAGE (`invalid`) where the words make no command. */
export function parseCommand([word, ...words]: readonly string[]): Work | undefined {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (word === undefined || word === 'help' || [word, ...own].some((each) => each === '--help' || each === '-h'))
    return undefined;
  const command = COMMANDS.find(({ name }) => name === word);
  if (command !== undefined) return command.parse(words);
  const names = COMMANDS.map(({ name }) => name);
  const meant = nearest(word, names);
  throw wrong(`there is no command "${word}"`, meant.length > 0 ? meant : names);
}
