import { has, type Rule, shape, starting } from './rule.ts';

export const SCHEME_STARTS: readonly string[] = ['bearer', 'basic'];

/** Credentials that show by what stands around them: private keys, schemes of HTTP. */
export const tokens: readonly Rule[] = [
  shape({
    may: has('PRIVATE KEY', 'PuTTY-User-Key-File'),
    kind: 'PRIVATE_KEY',
    // To its end mark, or as far as what stands there can be a key; blanks and line ends in any escape.
    expression:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s>|]|\\+[nrt]|(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\n\\]{0,200}){0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?|PuTTY-User-Key-File-\d: [\s\S]{0,8000}?Private-MAC: [0-9a-f]{1,200}/g,
    // A mark that is spoken of, without a key.
    accept: (value) => value.length > 90 || /-----\s*[A-Za-z0-9+/=\s\\]{12,}/.test(value.slice(20)),
  }),
  starting('scheme', {
    kind: 'TOKEN',
    named: true,
    expression: /(?<![A-Za-z])(bearer[\s:]{1,3}["'`]?)([A-Za-z0-9._~+/=|-]{8,4000})/iy,
    // Words, however long, are none: `bearer authentication`.
    accept: (value) =>
      /\d/.test(value) || (value.length >= 16 && /[a-z]/.test(value) && /[A-Z]/.test(value)) || value.length >= 32,
  }),
  starting('scheme', {
    kind: 'CREDENTIALS',
    named: true,
    expression: /(?<![A-Za-z])(basic\s{1,3}["'`]?)([A-Za-z0-9+/_-]{8,2000}={0,2})/iy,
    // `basic understanding` are words; credentials hold a colon once they are decoded.
    accept: (value) =>
      /^[\x20-\x7e\x80-\xff]*:[\x20-\x7e\x80-\xff]*$/.test(Buffer.from(value, 'base64').toString('latin1')),
  }),
];
