/** Words that programs, schemas and people have in the place of a secret. */
const NO_VALUE =
  /^(?:null|nil|undefined|none|true|false|yes|no|string|str|number|int|integer|bool|boolean|object|array|bytes|text|optional|required|unknown|any|self|this|type|value|values|here|not|is|are|was|and|or|the|a|an|your|my|to|for|in|of|on|with|from|must|should|please|enter|invalid|incorrect|wrong|missing|expired|empty|hidden|reset|forgot|change|field|input|file|env|basic|bearer|digest|disabled|enabled|default|example|redacted|masked|removed|placeholder|changeme|todo|tbd|n\/a|password|passwd|secret|token|key|authentication|authorization|protected|only|based|manager|policy|hash|header|management|request|response|error|failed|failure|success|ok|valid|allowed|denied|found|set|get|new|old|please|login|username|user|email)[.:,!?]?$/i;
/** `***`, `xxxx`, `<token>`, `${TOKEN}`, `{{token}}`, `%s`, `$TOKEN`, `[REDACTED]`, `...`. */
const STAND_IN =
  /^(?:[*•xX.#?_-]+|<[^<>]*>|\$\{?[\w.:-]*\}?.{0,2}|\{\{?[^{}]*\}?\}|%[sdr(].*|\[[^\]]*\]|\([^()]*\)|\.{2,}.*|…+|your[-_ ].*|my[-_](?:api|secret|token|password).*|.*_here)$/i;
const PATH = /^(?:~|\.{1,2})?\/(?:[A-Za-z._-]+\/)*[A-Za-z._-]*$|^[A-Z]:\\/;
const FUNCTION_WORDS =
  /\b(?:the|a|an|of|to|is|are|for|your|this|that|be|if|must|and|or|with|not|used|which|will)\b|[的是了请您为在和或]/i;

const isStandIn = (value: string): boolean =>
  NO_VALUE.test(value) || STAND_IN.test(value) || PATH.test(value) || /^[a-z][a-z0-9+.-]*:\/\//i.test(value);

/** Whether what stands in quotes beside a telling name is a value, and not what describes one. */
export function isQuotedSecret(value: string, name: string): boolean {
  const text = value.trim();
  if (text.length < 2 || isStandIn(text)) return false;
  if (text.toLowerCase() === name.toLowerCase()) return false;
  return !isDescription(text);
}

/** `The password of the user`, `请输入密码`. */
const isDescription = (text: string): boolean =>
  (/\s/.test(text) && FUNCTION_WORDS.test(text)) || (!/[\x21-\x7e]/.test(text) && FUNCTION_WORDS.test(text));

export interface Unquoted {
  readonly name: string;
  /** `=`, `: `, ` = ` and the like. */
  readonly between: string;
  readonly value: string;
  /** What follows, a few characters. */
  readonly next: string;
  readonly isPassword: boolean;
}

/** Whether what stands without quotes beside a telling name is a value, and not code or a sentence. */
export function isUnquotedSecret({ name, between, value, next, isPassword }: Unquoted): boolean {
  if (value.length < (isPassword ? 3 : 4) || isStandIn(value)) return false;
  if (value.toLowerCase() === name.toLowerCase()) return false;
  if (/^[\d.,]+$/.test(value)) return isPassword && value.length >= 4;
  const isWord = /^\p{L}+$/u.test(value);
  const isIdentifier = /^[A-Za-z_]\w*(?:[.?]+\w+)*$/.test(value) && !/\d{2}/.test(value);
  // A call, an element of something, a type of something.
  if (/^[A-Za-z_][\w.?]*[([]/.test(value)) return false;
  if (isIdentifier && /^[([.]|^\s?[=!]=/.test(next)) return false;
  if (
    isIdentifier &&
    /[._]/.test(value) &&
    /^(?:self|this|os|process|config|settings|request|req|args|env|ctx|options|params|data|user|response|res)\b/.test(
      value,
    )
  )
    return false;
  // `password = user_password`, `token: AuthToken`.
  if (isIdentifier && /pass|pwd|token|secret|key|cred|auth|cookie/i.test(value)) return false;
  if (!isWord) return true;
  // One word: in `password=letmein` it is a value, in a sentence hardly.
  if (/^=$|^:$/.test(between.trim()) && !/\s/.test(between) && between.includes('=')) return true;
  return isPassword && /^(?:\s*$|\s*[\r\n,;}"'`\\])/.test(next);
}

/** After `the password is`: words are what is said of it. */
export const isSpokenSecret = (value: string, isPassword: boolean): boolean =>
  value.length >= 4 &&
  !isStandIn(value) &&
  !/^\d+(?:[-~–.]\d*)+$/.test(value) &&
  (/^\d+$/.test(value)
    ? isPassword && value.length >= 5
    : /[\d!@#$%^&*_+=~]/.test(value) || /[a-z][A-Z]/.test(value)) &&
  // `password is case-sensitive`, `sent_to_user`.
  !/^[a-z]+(?:[-_][a-z]+)+[.!?]?$/.test(value);
