import { has, type Rule, shape } from './rule.ts';

const WORD = 'A-Za-z0-9\\u00c0-\\u024f\\u0400-\\u04ff';
const LOCAL = `[${WORD}._+'-]{1,64}`;
const LABEL = `(?:[${WORD}](?:[${WORD}-]{0,61}[${WORD}])?|[\\u4e00-\\u9fff]{1,20})`;
const TLD = `(?:[A-Za-z\\u0400-\\u04ff]{2,24}|xn--[a-z0-9-]{2,59}|中国|公司|网络|集团)`;
/** Ends of names of files and units, after an `@` that is part of the name: `icon@2x.png`, `getty@tty1.service`. */
const FILE =
  /\.(?:png|jpe?g|gif|svg|webp|ico|js|mjs|cjs|ts|tsx|jsx|py|rb|css|scss|html?|json|md|txt|whl|gz|tgz|zip|so|service|target|timer|socket|conf|yaml|yml|toml|lock|sh)$/i;
const DOT = String.raw`\s{0,2}(?:\.|[[({<]\s?(?:dot|点|\.)\s?[\])}>]|(?<=\s)dot(?=\s)|点)\s{0,2}`;

export const DOT_STARTS: readonly string[] = ['dot'];

export const emails: readonly Rule[] = [
  {
    level: 'all',
    may: has('@'),
    find(text, found) {
      AT.lastIndex = 0;
      for (let match = AT.exec(text); match !== null; match = AT.exec(text)) {
        const local = match[1]!.replace(/^[^\p{L}\p{N}_]+/u, '');
        const start = match.index - local.length;
        const end = match.index + match[0].length;
        if (local === '' || FILE.test(match[0])) continue;
        // git@host:path is an account of everybody; what stands before the host of a URL is its user.
        if (/^git$/i.test(local)) continue;
        if (/:\/\/[^\s/"']*$/.test(text.slice(Math.max(0, start - 120), start))) continue;
        found(start, end, 'EMAIL');
      }
    },
  },
  shape({
    // name [at] host [dot] com
    level: 'all',
    may: (text) => /[[({<]\s?(?:at|@|艾特)\s?[\])}>]/i.test(text),
    kind: 'EMAIL',
    expression: new RegExp(
      `()((?<![${WORD}._+'-])${LOCAL}\\s{0,2}(?:\\[\\s?(?:at|@|艾特)\\s?\\]\\s{0,2}${LABEL}(?:${DOT}${LABEL}){0,4}|[({<]\\s?(?:at|@|艾特)\\s?[)}>]\\s{0,2}${LABEL}(?:${DOT}${LABEL}){1,4}))(?![${WORD}])`,
      'gi',
    ),
  }),
  shape({
    // name at host dot com
    level: 'all',
    may: (_text, starts) => starts.dot.length > 0,
    kind: 'EMAIL',
    expression: new RegExp(
      `()((?<![${WORD}._+'-])${LOCAL}\\s(?:at|@)\\s${LABEL}(?:\\sdot\\s${LABEL}){1,3})(?![${WORD}])`,
      'gi',
    ),
    accept: (value) =>
      /\sdot\s(?:com|org|net|edu|gov|io|cn|de|uk|fr|jp|in|ru|co|dev|ai|me|info|app|eu|us|ca|au|kr|hk|tw|sg|nl|ch|at|es|it|se|no|pl|br)$/i.test(
        value,
      ),
  }),
];

// At the sign alone is looked: texts have few.
const AT = new RegExp(`@(?<=(${LOCAL})@)(?:${LABEL}\\.){1,8}${TLD}(?![${WORD}]|-[${WORD}])`, 'g');
