/**
 * Names whose values are secrets, as parts of expressions without regard to case. Each begins with the three letters of a
 * word in STARTS; what a name has before that is looked for backwards.
 */
const PASSWORDS = [
  'pass(?:word|wd|phrase|code)s?',
  'passwd',
  'pwd',
  '(?<=[a-z0-9][-_])pass(?![a-z])',
  `(?<=["'])pass(?=\\\\{0,7}["'])`,
  '(?<=(?:seed|recovery|backup)[-_ ]?)(?:phrase|code)s?',
  '密码|密碼|口令|通行码|助记词|mnemonic',
];
const KEYS = [
  '(?<=(?:api|app|access|private|secret|signing|encryption|account|master|license|licence|deploy|shared|webhook|client|auth|service|subscription)[-_ ]?)keys?(?:[-_ ]?id)?',
  '密钥|秘钥|金鑰|密鑰|私钥|私鑰',
];
const TOKENS = [
  '(?<!(?:page|next|sync|continuation|cursor|pagination|last|end|start|stop|eos|bos|pad|unk|sep|cls|mask|special)[-_ ]?)token',
  'secrets?(?:[-_]?key(?:[-_]?base)?)?',
  'credentials?|creds',
  'cookie',
  '令牌|凭证|凭据|憑證|授权码|授權碼',
];
const WEAK_TOKENS = [
  '(?<![a-z])auth(?![a-z])|authorization',
  '(?<=php)sessid|(?<=j|aspnet_)sessionid|(?<=connect[.])sid',
  '(?<=[?&;](?:x-amz-|x-goog-|q-)?)sig(?:nature)?',
];
/** Short codes: digits only. */
const CODES = [
  '(?<![a-z])(?:pin|otp|cvv2?|cvc|2fa|mfa)(?:[-_ ]?code)?|(?<=(?:verification|security|one[- ]time|sms|login)[-_ ])code',
  '验证码|驗證碼|安全码|动态码',
];
const STARTS =
  'pas pwd phr cod mne key tok sec cre coo aut ses sid sig pin otp cvv cvc 2fa mfa 密 口 通 助 秘 金 私 令 凭 憑 授 验 驗 安 动';

const SUFFIX = '(?:[-_]?(?:confirm(?:ation)?|again|repeat|value|new|old|\\d))?';
const LONGEST = 200;
const REMEMBERED = 5_000;

export class TellingNames {
  /** Source of an expression without groups that give something. */
  readonly source: string;
  readonly starts: readonly string[];
  readonly #told = new Map<string, boolean>();
  readonly #at: RegExp;
  readonly #near: RegExp;
  readonly #whole: RegExp;
  readonly #strong: RegExp;
  readonly #code: RegExp;

  constructor(further: readonly string[] = []) {
    const own = further.map((name) => name.replace(/[._ -]+/g, '[-_. ]?'));
    const strong = [...own, ...PASSWORDS].join('|');
    const names = [strong, ...KEYS, ...TOKENS, ...WEAK_TOKENS, ...CODES].join('|');
    this.source = `(?:(?:${names})${SUFFIX})`;
    this.starts = [...STARTS.split(' '), ...further];
    this.#at = new RegExp(`(?:${names})`, 'iuy');
    this.#near = new RegExp(`(?:${[strong, ...KEYS, ...TOKENS].join('|')})`, 'iuy');
    this.#whole = new RegExp(`(?:${names})${SUFFIX}$`, 'iu');
    this.#strong = new RegExp(`(?:${strong})${SUFFIX}$`, 'iu');
    this.#code = new RegExp(`(?:${CODES.join('|')})$`, 'iu');
  }

  /** `password`, `apiKey`, `GITHUB_TOKEN`, `Authorization`, `登录密码`. */
  tells(name: string): boolean {
    if (name.length > LONGEST) return false;
    const known = this.#told.get(name);
    if (known !== undefined) return known;
    const tells = this.#whole.test(name) || /^pass$/i.test(name);
    if (this.#told.size >= REMEMBERED) this.#told.clear();
    this.#told.set(name, tells);
    return tells;
  }
  /** Whether one begins there. */
  beginsAt(text: string, at: number): boolean {
    this.#at.lastIndex = at;
    return this.#at.test(text);
  }
  /** Where one ends that begins there and tells of secrets at a distance, too; 0: none does. */
  endOfNear(text: string, at: number): number {
    this.#near.lastIndex = at;
    return this.#near.test(text) ? this.#near.lastIndex : 0;
  }
  /** Whatever stands there, words and numbers too. */
  isPassword(name: string): boolean {
    return this.#strong.test(name) || /(?:^|[^a-z])pass$/i.test(name);
  }
  isCode(name: string): boolean {
    return this.#code.test(name);
  }
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/private[-_ ]?keys?$|私钥|私鑰|mnemonic|phrase|助记词/i, 'PRIVATE_KEY'],
  [/pass|pwd|密码|密碼|口令|pin|otp|code|码|碼|cv[vc]/i, 'PASSWORD'],
  [/cookie|sess|sid$/i, 'COOKIE'],
  [/key|密钥|秘钥|金鑰|密鑰/i, 'API_KEY'],
  [/token|auth|令牌/i, 'TOKEN'],
];
/** What the placeholder of a value under this name is called. */
export const kindOf = (name: string): string => KINDS.find(([names]) => names.test(name))?.[1] ?? 'SECRET';
