/** A word of a command as the shell would see it, after quotes and escapes. */
export interface Word {
  /** What stands for a value that only the shell knows is left as it was written. */
  readonly text: string;
  /** Holds a variable, or what another command prints: its value is not known. */
  readonly open: boolean;
  /** Not even partly quoted: only then it may be a word of the language. */
  readonly bare: boolean;
  /** Holds wildcards or braces that the shell puts other text in place of. */
  readonly pattern: boolean;
}

export interface Redirect {
  /** `<`, `>`, `>>`, `<<`, `<<<` ... */
  readonly operator: string;
  readonly target: Word;
  /** Of a here-document. */
  body?: string;
}

/** One program with its arguments, wherever in the script it stands. */
export interface SimpleCommand {
  readonly assignments: readonly Word[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

export interface Script {
  readonly commands: readonly SimpleCommand[];
  /** Why it cannot be read with certainty. */
  readonly unclear: string | undefined;
}

export const word = (text: string, open = false): Word => ({ text, open, bare: false, pattern: false });
