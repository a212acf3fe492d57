import { ansiC } from './ansi-c.ts';
import type { Word } from './script.ts';

const DEEPEST = 12;
/** Who calculates in more characters than this hides something. */
const LONGEST_ARITHMETIC = 2_000;
/** What ends a word that is not quoted. */
const END = /[ \t\n;&|<>()]/;

/** Reads words: quotes, escapes, and what is substituted in them, which is a script again. */
export abstract class Substitutions {
  unclear: string | undefined;
  readonly #text: string;
  #at = 0;
  #isTooLong = false;

  constructor(text: string) {
    this.#text = text;
  }

  abstract script(close: ')' | undefined, depth: number): void;
  /** A text in which substitutions run, but which is no script: a here-document. */
  abstract within(text: string, depth: number): void;
  abstract scriptIn(text: string, depth: number): void;

  fail(why: string): void {
    this.unclear ??= why;
  }
  tooDeep(depth: number): boolean {
    if (depth <= DEEPEST) return false;
    this.fail(`it is nested more than ${DEEPEST} deep`);
    this.#at = this.#text.length;
    return true;
  }

  protected peek(): string {
    return this.#text.charAt(this.#at);
  }
  protected starts(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }
  protected skip(count: number): void {
    this.#at += count;
  }
  /** What a sticky pattern finds here. */
  protected take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
  protected skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }
  protected line(): string | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const begin = this.#at;
    this.skipLine();
    const line = this.#text.slice(begin, this.#at);
    this.#at++;
    return line;
  }

  protected word(depth: number): Word {
    let text = '';
    let [open, bare, pattern] = [false, true, false];
    for (;;) {
      const unit = this.peek();
      if (unit === '') break;
      if (unit === '\\') {
        this.skip(1);
        const escaped = this.peek();
        this.skip(1);
        if (escaped !== '\n') [text, bare] = [text + escaped, false];
      } else if (unit === "'") [text, bare] = [text + this.#single(), false];
      else if (unit === '"') {
        this.skip(1);
        const inner = this.quoted('"', depth);
        [text, open, bare] = [text + inner.text, open || inner.open, false];
      } else if (unit === '$' || unit === '`') {
        const inner = this.#substitution(false, depth);
        [text, open, bare] = [text + inner.text, open || inner.open, bare && !inner.quoted];
      } else if (this.starts('<(') || this.starts('>(')) {
        this.skip(2);
        this.script(')', depth + 1);
        [text, open] = [`${text}${unit}(…)`, true];
      } else if (END.test(unit)) break;
      else {
        if (/[*?[\]{}]/.test(unit)) pattern = true;
        this.skip(1);
        text += unit;
      }
    }
    return { text, open, bare, pattern };
  }

  /** Up to a closing quote, or to the end of the text. */
  protected quoted(close: '"' | undefined, depth: number): { readonly text: string; readonly open: boolean } {
    let text = '';
    let open = false;
    for (;;) {
      const unit = this.peek();
      if (unit === '') {
        if (close !== undefined) this.fail('a quote is not closed');
        return { text, open };
      }
      if (unit === close) {
        this.skip(1);
        return { text, open };
      }
      if (unit === '\\') {
        this.skip(1);
        const escaped = this.peek();
        this.skip(1);
        if (escaped !== '\n') text += /[$`"\\]/.test(escaped) ? escaped : `\\${escaped}`;
      } else if (unit === '$' || unit === '`') {
        const inner = this.#substitution(true, depth);
        [text, open] = [text + inner.text, open || inner.open];
      } else {
        this.skip(1);
        text += unit;
      }
    }
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) this.fail('a quote is not closed');
    const text = this.#text.slice(this.#at + 1, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end + 1;
    return text;
  }

  #substitution(
    isQuoted: boolean,
    depth: number,
  ): { readonly text: string; readonly open: boolean; readonly quoted: boolean } {
    const whole = (text: string, open = true, quoted = false) => ({ text, open, quoted });
    if (this.peek() === '`') return whole(this.#backticks(depth));
    const counted = this.starts('$((') ? this.arithmetic(3, depth) : undefined;
    if (counted !== undefined) {
      // No sum has these; not every shell makes an error of it.
      if (/[;\n]|\w\s+[\w/]/.test(counted)) this.scriptIn(counted, depth + 1);
      return whole('$((…))');
    }
    if (this.starts('$(')) {
      this.skip(2);
      this.script(')', depth + 1);
      return whole('$(…)');
    }
    if (this.starts('${')) return whole(this.#parameter(depth));
    if (this.starts('$[')) {
      this.fail('arithmetic of an old kind');
      this.skip(2);
      return whole('$[');
    }
    if (!isQuoted && this.starts("$'")) {
      this.skip(2);
      const raw = this.take(/(?:[^'\\]|\\[\s\S])*/y);
      if (this.peek() !== "'") this.fail('a quote is not closed');
      this.skip(1);
      return whole(ansiC(raw), false, true);
    }
    if (!isQuoted && this.starts('$"')) {
      this.skip(2);
      return { ...this.quoted('"', depth), quoted: true };
    }
    const name = this.take(/\$(?:[A-Za-z_]\w*|[0-9@*#?$!_-])/y);
    if (name !== '') return whole(name);
    this.skip(1);
    return whole('$', false);
  }

  #backticks(depth: number): string {
    this.skip(1);
    const raw = this.take(/(?:[^`\\]|\\[\s\S])*/y);
    if (this.peek() !== '`') this.fail('a backtick is not closed');
    this.skip(1);
    this.scriptIn(raw.replace(/\\([$`\\])/g, '$1'), depth + 1);
    return '`…`';
  }

  /** `${name:-default}`: the default may hold substitutions of its own. */
  #parameter(depth: number): string {
    const begin = this.#at;
    this.skip(2);
    if (this.tooDeep(depth)) return '${';
    // The value of another name, or one that is run as a prompt.
    if (this.starts('!')) this.fail('a name that is itself a value');
    for (;;) {
      const unit = this.peek();
      if (unit === '') {
        this.fail('a bracket is not closed');
        break;
      }
      if (unit === '}') {
        this.skip(1);
        break;
      }
      if (unit === '\\') this.skip(2);
      else if (unit === "'") this.#single();
      else if (unit === '"') {
        this.skip(1);
        this.quoted('"', depth + 1);
      } else if (unit === '$' || unit === '`') this.#substitution(true, depth + 1);
      else this.skip(1);
    }
    const text = this.#text.slice(begin, this.#at);
    if (/@P\}$/.test(text)) this.fail('a value that is run as a prompt');
    return text;
  }

  /**
   * From `((` to `))`: the text between. Undefined, and nothing read, where they are the brackets of commands. Substitutions
   * in it run.
   */
  protected arithmetic(skip: number, depth: number): string | undefined {
    if (this.#isTooLong) return undefined;
    const begin = this.#at;
    let open = 0;
    this.skip(skip);
    const inner = this.#at;
    for (;;) {
      const unit = this.peek();
      this.#isTooLong = this.#at - begin > LONGEST_ARITHMETIC;
      if (this.#isTooLong) this.fail('arithmetic that is too long');
      const isCommand = unit === ')' && open === 0 && !this.starts('))');
      if (unit === '' || isCommand || this.#isTooLong) {
        this.#at = begin;
        return undefined;
      }
      if (unit === ')' && open === 0) break;
      if (unit === '(') open++;
      if (unit === ')') open--;
      this.skip(unit === '\\' ? 2 : 1);
    }
    const text = this.#text.slice(inner, this.#at);
    this.skip(2);
    this.within(text, depth + 1);
    return text;
  }
}
