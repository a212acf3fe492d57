import { IBAN_LENGTHS, isChineseId, isIban, isLuhn } from '../checksums.ts';
import { type Found, type Rule, shape } from './rule.ts';

const DATE = /\d{4}[-.]\d{2}[-.]\d{2}/;
/** Ids and paths have digits as well: a number that stands alone follows none of these. */
const ALONE = String.raw`(?<![\w.\-/+#@$%^~]|\.\s)`;
const END = String.raw`(?![\w@]|[-/]\w|\.\d|:\d)`;

const QUOTE = String.raw`(?:\\{0,7}["'])?`;
const SAYS = String.raw`${QUOTE}\s{0,2}(?:(?:is|at|to|是|为)\s?)?[:=]?\s{0,2}${QUOTE}$`;
const NUMBER_NAMES: readonly (readonly [before: RegExp, least: number, kind: string])[] = [
  [
    new RegExp(
      String.raw`(?:(?<![a-z])(?:phone|tel|telephone|mobile|cell(?:phone)?|fax|whatsapp|wechat|call|text me at|sms|contact)|phone|手机|电话|联系方式|座机|传真|手機|電話)(?:[-_ ]?(?:number|no\.?|num))?(?:号码?|號碼?)?${SAYS}`,
      'i',
    ),
    7,
    'PHONE',
  ],
  [
    new RegExp(
      String.raw`(?:(?<![a-z])(?:ssn|social[-_ ]security(?:[-_ ]?(?:number|no\.?))?|passport(?:[-_ ]?(?:number|no\.?))?|national[-_ ]id|id[-_ ]?card|tax[-_ ]?id)|身份证|护照|社保|证件)(?:号码?)?${QUOTE}\s{0,2}(?:is|是|为)?\s{0,2}[:=]?\s{0,2}${QUOTE}[A-Z]{0,2}$`,
      'i',
    ),
    6,
    'NATIONAL_ID',
  ],
  [
    new RegExp(
      String.raw`(?:银行卡|银行账|银行帳|卡)号?码?${SAYS}|(?<![a-z])(?:card|account)[-_ ]?(?:number|no\.?)${SAYS}`,
      'i',
    ),
    10,
    'BANK_ACCOUNT',
  ],
];
const NUMBER = /(?<![\d.])\+?\(?\d(?:[ ().-]{0,2}\d){5,18}(?:[Xx]|\s?(?:x|ext\.?)\s?\d{1,5})?(?![\w]|[.-]\d)/gi;

/** Numbers that any shape will do for, since it is said what they are. */
const namedNumbers: Rule = {
  level: 'all',
  may: () => true,
  find(text, found) {
    NUMBER.lastIndex = 0;
    for (let match = NUMBER.exec(text); match !== null; match = NUMBER.exec(text)) {
      const [value] = match;
      if (DATE.test(value)) continue;
      const before = text.slice(Math.max(0, match.index - 48), match.index);
      const digits = value.replace(/\D/g, '').length;
      for (const [names, least, kind] of NUMBER_NAMES)
        if (digits >= least && names.test(before)) {
          found(
            match.index - (kind === 'NATIONAL_ID' ? /[A-Z]{0,2}$/.exec(before)![0].length : 0),
            match.index + value.length,
            kind,
          );
          break;
        }
    }
  },
};

const digits: readonly Rule[] = [
  shape({
    level: 'all',
    may: () => true,
    kind: 'CREDIT_CARD',
    expression:
      /(?<![\w.+#/]|\d-)()((?:[3-6]\d{3}|2[2-7]\d\d)(?:([ -]?)\d{4}\3\d{4}\3\d{4}(?:\3\d{3})?|([ -])\d{6}\4\d{4,5})|3[47]\d{13}|3[0689]\d{12}|62\d{14,17})(?!\w|[.-]\d)/g,
    accept: (value) => isLuhn(value.replace(/\D/g, '')),
  }),
  shape({
    level: 'all',
    may: () => true,
    kind: 'NATIONAL_ID',
    expression: /(?<![\w.])()([1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?!\w)/g,
    accept: (value, match, text) =>
      isChineseId(value) ||
      /身份证|证件|identity|id.?card/i.test(text.slice(Math.max(0, match.index - 24), match.index)),
  }),
  shape({
    // United States: 000, 666 and 900 to 999 are given to nobody.
    level: 'all',
    may: () => true,
    kind: 'NATIONAL_ID',
    expression: new RegExp(String.raw`${ALONE}()((?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\3(?!0000)\d{4})${END}`, 'g'),
    accept: (value, match, text) =>
      value.includes('-') || /ssn|social security|社保/i.test(text.slice(Math.max(0, match.index - 32), match.index)),
  }),
  shape({
    // China: mobile.
    level: 'all',
    may: () => true,
    kind: 'PHONE',
    expression:
      /(?<![\w.\-/#$]|\d\s)()((?:(?:\+|00)?\(?86\)?[- ]{0,2})?1[3-9]\d(?:\d{8}|([- ])\d{4}\3\d{4}))(?!\w|[.-]\d|\s?\d{4})/g,
  }),
  shape({
    // China: fixed lines and service numbers.
    level: 'all',
    may: () => true,
    kind: 'PHONE',
    expression: new RegExp(
      String.raw`${ALONE}()((?:(?:\+|00)86[- ]?)?(?:\(0\d{2,3}\) ?|0\d{2,3}[- ])[2-9]\d{2,3}[- ]?\d{4}|[48]00-\d{3}-?\d{4})${END}`,
      'g',
    ),
  }),
  shape({
    // North America.
    level: 'all',
    may: () => true,
    kind: 'PHONE',
    expression: new RegExp(
      String.raw`(?<![\w.\-/+#$]|\d\s)()((?:\+?1[-. ]{0,2})?(?:\([2-9]\d{2}\)[- ]?\d{3}[-. ]|[2-9]\d{2}([-.])\d{3}\3)\d{4}(?:\s?(?:x|ext\.?)\s?\d{1,5})?)${END}`,
      'gi',
    ),
  }),
  shape({
    level: 'all',
    may: (text) => /\+\s?\(?[1-9]|\b00[1-9]/.test(text),
    kind: 'PHONE',
    expression:
      /(?<![\w.+)\]])()((?:\+\(?|00(?=[1-9]\d{0,2}[ -]))[1-9]\d{0,2}\)?(?:[ .()-]{0,2}\d){6,13}(?:\s?(?:x|ext\.?)\s?\d{1,5})?)(?![\w]|[-/:.]\d)/gi,
    accept: (value) => {
      // Without the extension.
      const digits = value.replace(/(?:x|ext).*$/i, '').replace(/\D/g, '').length;
      return (
        !DATE.test(value) &&
        digits <= 15 &&
        digits >= (/[ ().-]/.test(value) ? 8 : 9) &&
        !/\.\d+\.\d+\.\d+\./.test(value)
      );
    },
  }),
];

export const iban: Rule = shape({
  level: 'all',
  may: (text) => /[A-Z]{2}\d{2}\s?[A-Z0-9]{4}/.test(text),
  kind: 'IBAN',
  expression: /(?<![A-Za-z0-9])()([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])/g,
  accept: (value) => {
    const iban = value.replaceAll(' ', '');
    return IBAN_LENGTHS[iban.slice(0, 2)] === iban.length && isIban(iban);
  },
});

/** An id in an address is none; numbers of people are named there. */
const IN_ADDRESS = /:\/\/[^\s"'<>]*$/;
const ADDRESS = 400;
/** As far as digits follow each other; no number that tells of a person has fewer. */
const CLUSTER = /\d(?:[ ().\-\u2010-\u2013/]{0,2}\d){6,400}/g;
const JUST_DATE = /^\d{4}([-./])[01]\d\1[0-3]\d(?: \d\d)?$/;
/** What the rules look at on both sides. */
const BEFORE = 48;
const AFTER = 24;

/** The rules are tried around digits in a row only: most texts have few. */
export const numbers: Rule = {
  level: 'all',
  may: () => true,
  find(text, found, starts) {
    CLUSTER.lastIndex = 0;
    for (let match = CLUSTER.exec(text); match !== null; match = CLUSTER.exec(text)) {
      const [cluster] = match;
      if (JUST_DATE.test(cluster)) continue;
      const from = Math.max(0, match.index - BEFORE);
      const window = text.slice(from, match.index + cluster.length + AFTER);
      const shifted: Found = (start, end, kind) => found(from + start, from + end, kind);
      const outsideAddresses: Found = (start, end, kind) => {
        const at = from + start;
        if (!IN_ADDRESS.test(text.slice(Math.max(0, at - ADDRESS), at))) found(at, from + end, kind);
      };
      for (const rule of digits) rule.find(window, outsideAddresses, starts);
      namedNumbers.find(window, shifted, starts);
    }
  },
};
