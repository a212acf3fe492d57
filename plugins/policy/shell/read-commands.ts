import type { Follow } from './follow.ts';
import { followProgram } from './follow-program.ts';
import { followWrapper, isWrapper } from './follow-wrapper.ts';
import { hiddenCode } from './inline-code.ts';
import { readScript } from './read-script.ts';
import { type SimpleCommand, type Word, word } from './script.ts';
import { readShell, SHELLS } from './shells.ts';

/** A program that a command would run, however it is dressed. */
export interface ReadCommand {
  /** Its name without folders, and its arguments, with single spaces: `rm -rf x`. */
  readonly text: string;
  readonly name: string;
  /** The same with `ANY` and `WORD` for arguments that are not known; undefined where all are. */
  readonly shape: string | undefined;
  /** It is named among the arguments of a program that may, or may not, run it. */
  readonly maybe: boolean;
}

export interface Reading {
  readonly commands: readonly ReadCommand[];
  /** Why it may run more than these. */
  readonly unclear: string | undefined;
}

/** Stand for any text, and for one word of it. Nobody writes them: they make a command unclear. */
export const ANY = '\u0001';
export const WORD = '\u0002';
const DEEPEST = 8;
const MOST = 2_000;
/** Characters of all commands together: wrapped ones are counted once for each wrapper. */
const LONGEST = 1_000_000;
/** Arguments that are looked at for paths to programs. */
const NAMED = 100;
/** Programs that do nothing with those that they are told of. */
const LOOKING = new Set(
  'ls ll stat file which type whereis command man info help cat head tail less more echo printf test [ readlink realpath dirname basename md5sum sha1sum sha256sum du dpkg rpm apk brew grep rg find wc diff cmp ldd nm strings whatis apropos'.split(
    ' ',
  ),
);
/** Variables that name a program, and those that put code into another. */
const NAMES_PROGRAM =
  /^(?:\w*PAGER|EDITOR|VISUAL|\w*_EDITOR|GIT_SSH|GIT_SSH_COMMAND|GIT_EXTERNAL_DIFF|\w*ASKPASS|BROWSER|SHELL|LESSOPEN|LESSCLOSE|PROMPT_COMMAND|RSYNC_RSH|FCEDIT)=/;
const HOLDS_CODE =
  /^(?:BASH_ENV|ENV|ZDOTDIR|LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|PERL5OPT|PERL5DB|PYTHONSTARTUP|PYTHONINSPECT|RUBYOPT|GIT_CONFIG\w*|BASH_FUNC\w*|PS[0-4])=/;

/** Takes a shell command apart, wrappers, substitutions and nested shells included. Runs nothing. */
export function readCommands(text: string): Reading {
  const reader = new CommandReader();
  reader.script(text, 0);
  return { commands: reader.commands, unclear: reader.unclear };
}

class CommandReader {
  readonly commands: ReadCommand[] = [];
  unclear: string | undefined;
  #length = 0;

  script(text: string, depth: number): void {
    if (this.#tooMuch(depth)) return;
    const { commands, unclear } = readScript(text);
    this.#fail(unclear);
    for (const each of commands) {
      for (const own of each.assignments) this.#assign(own, depth);
      if (each.words.length > 0) this.#run(each, depth);
      else this.#redirected(each);
    }
  }

  #run(command: SimpleCommand, depth: number): void {
    const { words, redirects } = command;
    const [first, ...rest] = words;
    if (first === undefined || this.#tooMuch(depth)) return;
    const name = nameOf(first.text);
    this.#fail(whyUnclear(first, name));
    const files = redirects.filter(({ operator }) => !operator.startsWith('<<'));
    this.#note(name, [...rest, ...files.flatMap(({ operator, target }) => [word(operator), target])]);
    const follow: Follow = {
      run: (inner) => this.#run({ ...command, words: inner }, depth + 1),
      script: (script) => {
        if (script.open) this.#fail('a script that is put together when it runs');
        this.script(script.text, depth + 1);
      },
      note: (other, own) => this.#note(other, own),
      assign: (own) => this.#assign(own, depth),
      fail: (why) => this.#fail(why),
    };
    if (SHELLS.has(name)) {
      const { scripts, unclear } = readShell(rest, redirects);
      this.#fail(unclear);
      for (const each of scripts) follow.script(each);
    } else if (isWrapper(name)) followWrapper(name, rest, follow);
    else followProgram(name, rest, follow);
    const document = redirects.find(({ operator }) => operator.startsWith('<<'));
    const texts = rest.map((each) => each.text);
    this.#fail(hiddenCode(name, texts, document?.body ?? document?.target.text));
    if (!LOOKING.has(name)) this.#named(rest);
  }

  /** `$(< file)` reads it, `> file` empties it. */
  #redirected({ redirects }: SimpleCommand): void {
    for (const { operator, target } of redirects) {
      if (operator.startsWith('<<')) continue;
      if (operator === '<') this.#note('cat', [target]);
      else this.#note(':', [word(operator), target]);
    }
  }

  #assign({ text, open }: Word, depth: number): void {
    if (HOLDS_CODE.test(text)) this.#fail('a variable that holds code');
    if (!NAMES_PROGRAM.test(text)) return;
    if (open) this.#fail('a variable that names a program');
    this.script(text.slice(text.indexOf('=') + 1), depth + 1);
  }

  /** A path to a program is an argument like others, or what a program that is not known runs. */
  #named(rest: readonly Word[]): void {
    for (const [at, { text }] of rest.slice(0, NAMED).entries())
      if (/^\/(?:usr\/(?:local\/)?)?s?bin\/[\w.+-]+$/.test(text))
        this.#note(nameOf(text), rest.slice(at + 1, NAMED), true);
  }

  #note(name: string, rest: readonly Word[], maybe = false): void {
    const text = [name, ...rest.map((each) => each.text)].join(' ');
    const isKnown = !rest.some((each) => each.open);
    const shape = isKnown ? undefined : [name, ...rest.map(shapeOf)].join(' ');
    this.commands.push({ name, text, shape, maybe });
    this.#length += text.length;
  }

  #tooMuch(depth: number): boolean {
    if (depth > DEEPEST) this.#fail(`it is nested more than ${DEEPEST} deep`);
    else if (this.commands.length > MOST || this.#length > LONGEST) this.#fail('it has too many commands');
    else return false;
    return true;
  }

  #fail(why: string | undefined): void {
    this.unclear ??= why;
  }
}

/** Where it is not quoted, a value may be several words. */
const shapeOf = ({ text, open, bare }: Word): string => (open ? (bare ? ANY : WORD) : text);

/** Letters of other widths are those that they stand for; folders and case do not matter. */
const nameOf = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/^.*[\\/](?=[^\\/])/s, '')
    .toLowerCase()
    .replace(/\.exe$/, '');

function whyUnclear({ text, open, pattern }: Word, name: string): string | undefined {
  if (open) return 'the name of a program is put together when it runs';
  if (!/^[\x21-\x7e]+$/.test(text.replace(/^.*\//s, ''))) return 'the name of a program is not plain text';
  if (pattern && !/^\[\[?$/.test(text)) return 'the name of a program is a pattern';
  if (name.startsWith('=')) return 'the name of a program is looked up';
  return undefined;
}
