export const MASK = '***';

interface Shape {
  /** Cheap, and true for every text in which the expression finds something. */
  readonly may?: (text: string) => boolean;
  readonly expression: RegExp;
  readonly put: (...found: string[]) => string;
}

const NAME = [
  'pass(?:word|wd|phrase)|passwd|[-_]pwd|secret|credentials?',
  '(?<!(?:page|next|sync|continuation|cursor|pagination)[-_]?)token',
  '(?:api|access|private|secret|signing|encryption)[-_ ]?key(?:[-_]?id)?',
].join('|');
const QUOTE = String.raw`\\{0,7}["'\x60]`;
const BETWEEN = String.raw`(?:${QUOTE})?\s{0,3}[:=]{1,2}>?\s{0,3}`;
/** Words that a program or a schema has in the place of a secret. */
const NO_VALUE =
  /^(?:null|undefined|none|true|false|string|number|boolean|required|optional|unknown|any|self|this)$|^[A-Za-z_]+(?:\.[A-Za-z_]+)+$/i;
const IDENTIFIER = /^[A-Za-z_.]+$/;

/** A value without quotes ends at a blank; a word before a bracket is a function that is called. */
function unquoted(all: string, name: string, quote: string, between: string, value: string, next: string): string {
  if (NO_VALUE.test(value) || (next === '(' && IDENTIFIER.test(value))) return all;
  // `token: Token` says what kind of thing it is.
  if (value.toLowerCase() === name.toLowerCase()) return all;
  if (/^\d+$/.test(value) && /token$/i.test(name)) return all;
  // After a quoted name stands a number of a JSON text, which must remain one.
  return name + quote + between + quote + MASK + quote + next;
}

/** `basic understanding` are words; credentials hold a colon once they are decoded. */
const basic = (all: string, scheme: string, value: string): string =>
  Buffer.from(value, 'base64').toString('latin1').includes(':') ? scheme + MASK : all;
const bearer = (all: string, scheme: string, value: string): string =>
  /\d/.test(value) || value.length >= 16 ? scheme + MASK : all;

/** Before the expression itself, which looks at every character: this one looks at `-` and `_` alone. */
const SERVICE =
  /[-_](?<=(?:[spr]k[-_]|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|xapp-|npm_|hf_|dop_v1_))[A-Za-z0-9_-]{16}/;

const whole = (): string => MASK;
const after = (_all: string, before: string): string => before + MASK;

/**
 * What shows by itself, in this order. None finds a secret of more than 18,000 characters (a private key), or 4,300 (any
 * other, those of `NAMED` too).
 */
export const SHAPES: readonly Shape[] = [
  {
    may: (text) => text.includes('PRIVATE KEY'),
    expression:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\+[nrt])*(?:[\w-]{1,30}: [^\n\\]{0,200}(?:\s|\\+[nr])+){0,5}(?:[A-Za-z0-9+/=\s]|\\+[nrt]){0,16000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    put: whole,
  },
  {
    // Of services that mark their keys, so that they can be found.
    may: (text) => SERVICE.test(text) || /A[KS]IA|AIza/.test(text) || text.includes('ya29.') || text.includes('SG.'),
    expression:
      /\b(?:(?:[spr]k[-_]|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|xapp-|npm_|hf_|dop_v1_|A[KS]IA|AIza|ya29\.)[A-Za-z0-9_-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,})/g,
    put: whole,
  },
  {
    may: (text) => text.includes('eyJ'),
    expression: /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g,
    put: whole,
  },
  { expression: /\b(bearer\s{1,3})([A-Za-z0-9._~+/=-]{8,})/gi, put: bearer },
  { expression: /\b(basic\s{1,3})([A-Za-z0-9+/]{8,}={0,2})/gi, put: basic },
  {
    may: (text) => text.includes('://'),
    expression: /(:\/\/[^\s/:@"'<>]{0,200}:)[^\s/@"'<>]{1,200}(?=@)/g,
    put: after,
  },
];

/** Whether a name that speaks of a secret is given a value somewhere; nothing else in `NAMED` can be found without it. */
export const givesSecret = (text: string): boolean => GIVEN.test(text);
const GIVEN =
  /[:=](?<=(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|private|secret|signing|encryption|[a-z0-9]_)[-_ ]?key(?:[-_]?id)?|credentials?|authorization|cookie|_pass)(?:\\{0,7}["'`])?\s{0,3}[:=])/i;

/** What is a secret by the name that it is given to. */
export const NAMED: readonly Shape[] = [
  {
    // Headers, to the end of the line or of the quotes around it.
    expression: new RegExp(
      String.raw`((?:authorization|cookie)(?:${QUOTE})?\s{0,3}(?::|=(?=\s{0,3}${QUOTE}))\s{0,3}(?:${QUOTE})?)[^\s"'\x60\\][^\r\n"'\x60\\]{3,4000}`,
      'gi',
    ),
    put: after,
  },
  {
    expression: new RegExp(String.raw`((?:${NAME})${BETWEEN}")(?:[^"\\\n]|\\[^\n]){1,4000}(?=")`, 'gi'),
    put: after,
  },
  {
    expression: new RegExp(String.raw`((?:${NAME})${BETWEEN}')(?:[^'\\\n]|\\[^\n]){1,4000}(?=')`, 'gi'),
    put: after,
  },
  {
    // Within a JSON text that is itself a string of one: to the same quote with as many strokes.
    may: (text) => text.includes('\\"') || text.includes("\\'"),
    expression: new RegExp(
      String.raw`((?:${NAME})${BETWEEN}(\\{1,7}["']))(?:(?!(?<!\\)\2)[^\n]){1,4000}(?=(?<!\\)\2)`,
      'gi',
    ),
    put: after,
  },
  {
    expression: new RegExp(
      String.raw`(${NAME})((?:${QUOTE})?)(\s{0,3}[:=]{1,2}\s{0,3})([^\s"'\x60,;&<>(){}\[\]\\|$*:=][^\s"'\x60,;&(){}\[\]\\]{3,400})(\(?)`,
      'gi',
    ),
    put: unquoted,
  },
  {
    expression: /([A-Z0-9]_(?:KEY|PASS)\s{0,3}=\s{0,3}["']?)[^\s"'`,;&<>(){}\\$*]{8,400}/g,
    put: after,
  },
];
