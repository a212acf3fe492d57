import type { Redirect, Script, SimpleCommand, Word } from './script.ts';
import { Substitutions } from './substitutions.ts';

const LONGEST = 65_536;
const MOST_COMMANDS = 500;
/** Words before a command that only say when it runs. */
const BEFORE = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', '}', 'fi', 'done', 'esac']);
/** What follows them up to the next separator is data. */
const DATA = new Set(['for', 'select', 'case']);
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;

const isKeyword = ({ text, bare }: Word): boolean =>
  bare && (BEFORE.has(text) || DATA.has(text) || text === 'function');

/** All commands of a shell script, also those inside of substitutions, loops and functions; nothing is expanded or run. */
export function readScript(text: string): Script {
  if (text.length > LONGEST) return { commands: [], unclear: `it is longer than ${LONGEST} characters` };
  const script = text.replaceAll('\r\n', '\n');
  const reader = new ScriptReader(script);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f]|\p{Cf}/u.test(script)) reader.fail('it holds characters that cannot be seen');
  reader.script(undefined, 0);
  if (reader.commands.length > MOST_COMMANDS) reader.fail(`it has more than ${MOST_COMMANDS} commands`);
  return { commands: reader.commands.slice(0, MOST_COMMANDS), unclear: reader.unclear };
}

interface Draft {
  assignments: Word[];
  words: Word[];
  redirects: Redirect[];
  /** Its words are no command. */
  data: boolean;
}
const draft = (): Draft => ({ assignments: [], words: [], redirects: [], data: false });

/** The grammar of commands, by recursive descent; words are read by what it extends. */
class ScriptReader extends Substitutions {
  readonly commands: SimpleCommand[] = [];
  #documents: { readonly redirect: Redirect; readonly quoted: boolean; readonly tabs: boolean }[] = [];

  /** Up to the bracket that closes a substitution, or to the end. */
  override script(close: ')' | undefined, depth: number): void {
    if (this.tooDeep(depth)) return;
    let open = 0;
    let now = draft();
    const next = (): void => {
      this.#end(now);
      now = draft();
    };
    for (;;) {
      const unit = this.peek();
      if (unit === '') break;
      if (unit === ' ' || unit === '\t') this.skip(1);
      else if (unit === '\n') {
        this.skip(1);
        next();
        this.#readDocuments(depth);
      } else if (this.starts('\\\n')) this.skip(2);
      else if (unit === '#') this.skipLine();
      else if (unit === ';' || unit === '&' || unit === '|') {
        this.skip(1);
        next();
      } else if (unit === '(') {
        const counted = this.starts('((') && now.words.length === 0 ? this.arithmetic(2, depth) : undefined;
        if (counted !== undefined) {
          // Bash calculates; to other shells these are two brackets around commands.
          this.scriptIn(counted, depth + 1);
          continue;
        }
        this.skip(1);
        open++;
        next();
      } else if (unit === ')') {
        this.skip(1);
        if (open === 0 && close !== undefined) {
          this.#end(now);
          return;
        }
        open = Math.max(0, open - 1);
        next();
      } else if ((unit === '<' || unit === '>') && !this.starts('<(') && !this.starts('>(')) this.#redirect(now, depth);
      else this.#word(now, close, depth);
    }
    this.#end(now);
    this.#readDocuments(depth);
    if (close !== undefined) this.fail('a bracket is not closed');
  }

  #word(now: Draft, close: ')' | undefined, depth: number): void {
    const read = this.word(depth);
    if (read.bare && /^\d+$/.test(read.text) && /[<>]/.test(this.peek())) return;
    if (now.data) {
      // `for name do ...`
      if (read.bare && (read.text === 'do' || read.text === '{')) now.data = false;
      return;
    }
    // Bash measures loops and the like, too.
    if (isKeyword(read) && now.words.every(({ text, bare }) => bare && /^(?:time|-p|--)$/.test(text))) now.words = [];
    if (now.words.length > 0) {
      now.words.push(read);
      return;
    }
    if (read.bare && BEFORE.has(read.text)) return;
    if (read.bare && DATA.has(read.text)) {
      // Its patterns end with the bracket that closes a substitution.
      if (read.text === 'case' && close !== undefined) this.fail('a case inside of a substitution');
      now.data = true;
    } else if (read.bare && read.text === 'function') {
      while (/[ \t]/.test(this.peek())) this.skip(1);
      this.word(depth);
    } else if (ASSIGNMENT.test(read.text)) {
      now.assignments.push(read);
      if (read.text.endsWith('=') && this.peek() === '(') this.#list(depth);
    } else now.words.push(read);
  }

  /** `name=(a b c)`: values, and no commands but those in substitutions. */
  #list(depth: number): void {
    this.skip(1);
    while (this.peek() !== '' && this.peek() !== ')') {
      if (/[ \t\n;&|<>(]/.test(this.peek())) this.skip(1);
      else this.word(depth);
    }
    if (this.peek() === '') this.fail('a bracket is not closed');
    this.skip(1);
  }

  #redirect(now: Draft, depth: number): void {
    const operator = this.take(/(?:<<<|<<-|<<|<>|<&|<|>>|>&|>\||>)/y);
    while (/[ \t]/.test(this.peek())) this.skip(1);
    if (this.peek() === '' || /[\n;&|()]/.test(this.peek())) {
      this.fail('a redirection without a target');
      return;
    }
    const target = this.word(depth);
    const redirect: Redirect = { operator: operator === '<<-' ? '<<' : operator, target };
    now.redirects.push(redirect);
    if (redirect.operator === '<<') this.#documents.push({ redirect, quoted: !target.bare, tabs: operator === '<<-' });
  }

  /** The here-documents that the line before named. What is substituted in them runs. */
  #readDocuments(depth: number): void {
    for (const { redirect, quoted, tabs } of this.#documents.splice(0)) {
      const lines: string[] = [];
      for (;;) {
        const line = this.line();
        if (line === undefined) {
          this.fail('a here-document is not closed');
          break;
        }
        if ((tabs ? line.replace(/^\t+/, '') : line) === redirect.target.text) break;
        lines.push(line);
      }
      redirect.body = lines.join('\n');
      if (!quoted) this.within(redirect.body, depth + 1);
    }
  }

  /** Reads the substitutions of a text that is itself no script. */
  #nested(text: string): ScriptReader {
    return new ScriptReader(text);
  }

  override within(text: string, depth: number): void {
    if (this.tooDeep(depth)) return;
    const inner = this.#nested(text);
    inner.quoted(undefined, depth);
    this.#adopt(inner);
  }

  override scriptIn(text: string, depth: number): void {
    if (this.tooDeep(depth)) return;
    const inner = this.#nested(text);
    inner.script(undefined, depth);
    this.#adopt(inner);
  }

  #adopt(inner: ScriptReader): void {
    for (const each of inner.commands) this.commands.push(each);
    if (inner.unclear !== undefined) this.fail(inner.unclear);
  }

  #end({ assignments, words, redirects }: Draft): void {
    if (assignments.length + words.length + redirects.length > 0) this.commands.push({ assignments, words, redirects });
  }
}
