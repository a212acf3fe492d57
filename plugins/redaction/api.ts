import { type Token, token } from '#kernel';

/** Takes secrets and personal data out of texts before a model or a file sees them. */
export interface Redactor {
  /** One for each trajectory: the same value gets the same placeholder throughout it. */
  open(level?: RedactionLevel): Redaction;
}

/** secrets: keys, tokens, passwords, private keys. all: also e-mail addresses, telephone numbers, home paths, private URLs, card numbers. */
export type RedactionLevel = 'secrets' | 'all';

export interface Redaction {
  /** Placeholders read `<EMAIL_1>`, `<API_KEY_2>`, `<HOME_PATH_1>`; text that holds none comes back as it is (the same string). */
  text(text: string): string;
  /** Strings anywhere in plain JSON, member names too; a value under a telling name (`password`, `api_key`) goes as a whole. */
  value<T>(value: T): T;
  /** How many different values of each kind were taken out. */
  readonly counts: Readonly<Record<string, number>>;
}

export const REDACTOR: Token<Redactor> = token<Redactor>('redactor');
