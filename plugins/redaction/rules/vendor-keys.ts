import { entropy } from '../checksums.ts';
import { longRuns } from '../long-runs.ts';
import { has, type Rule, shape, starting } from './rule.ts';

/** Marks that vendors put before their keys: how they begin (three characters each), the mark, and what follows. */
const MARKS: readonly (readonly [begins: string, mark: string, rest: string])[] = [
  // OpenAI, Anthropic, DeepSeek, Moonshot; Stripe.
  ['sk-', 'sk-', '[A-Za-z0-9_-]{16,800}'],
  ['sk_ pk_ rk_', '[spr]k_(?:live|test|prod)_', '[A-Za-z0-9_]{10,800}'],
  ['whs', 'whsec_', '[A-Za-z0-9+/=]{16,800}'],
  // GitHub, GitLab, Atlassian.
  ['gho ghp ghs ghu ghr', 'gh[opsur]_', '[A-Za-z0-9_]{16,800}'],
  ['git', 'github_pat_', '[A-Za-z0-9_]{16,800}'],
  ['glp gld glr glc gls gla glf gli glo', 'gl(?:pat|dt|rt|cbt|ptt|oas|soat|agent|ft|imt)-', '[A-Za-z0-9_.-]{16,800}'],
  ['ATA ATC ATB', 'AT(?:ATT|CTT|BB)', '[A-Za-z0-9_=-]{20,800}'],
  // Slack.
  ['xox', '(?:xoxe\\.)?xox[abceoprs]-', '[A-Za-z0-9-]{10,800}'],
  ['xap', 'xapp-', '[A-Za-z0-9-]{10,800}'],
  // Amazon, Google, Alibaba, Tencent, Azure.
  ['AKI ASI ABI ACC', '(?:AKIA|ASIA|ABIA|ACCA)', '[A-Z0-9]{12,800}'],
  ['AIz', 'AIza', '[A-Za-z0-9_-]{20,800}'],
  ['ya2', 'ya29\\.', '[A-Za-z0-9_-]{16,800}'],
  ['GOC', 'GOCSPX-', '[A-Za-z0-9_-]{16,800}'],
  ['1//', '1//0', '[A-Za-z0-9_-]{30,800}'],
  ['LTA', 'LTAI', '[A-Za-z0-9]{12,800}'],
  ['AKI', 'AKID', '[A-Za-z0-9]{16,800}'],
  // Package registries.
  ['npm', 'npm_', '[A-Za-z0-9]{20,800}'],
  ['pyp', 'pypi-', '[A-Za-z0-9_-]{20,800}'],
  ['dck', 'dckr_(?:pat|oat)_', '[A-Za-z0-9_-]{16,800}'],
  ['rub', 'rubygems_', '[a-f0-9]{20,800}'],
  ['oy2', 'oy2', '[a-z0-9]{43}'],
  // Models and data.
  ['hf_', 'hf_', '[A-Za-z0-9]{16,800}'],
  [
    'gsk xai ppl r8_ nva fw_ tgp csk jin tvl voy lsv',
    '(?:gsk|xai|pplx|r8|nvapi|fw|tgp|csk|jina|tvly|voyage|lsv2)[-_]',
    '[A-Za-z0-9_-]{20,800}',
  ],
  ['dap', 'dapi', '[a-f0-9]{32}'],
  ['pcs', 'pcsk_', '[A-Za-z0-9_]{20,800}'],
  // Hosting and operation.
  ['doo dop dor', 'do[opr]_v1_', '[a-f0-9]{20,800}'],
  ['hvs hvb hvr', 'hv[sbr]\\.', '[A-Za-z0-9_-]{20,800}'],
  ['gls glc', 'gl(?:sa|c)_', '[A-Za-z0-9_+/=]{20,800}'],
  [
    'snt sbp nfp fig lin sec ntn shp phc phx rnd vcp psc',
    '(?:sntrys|sbp|nfp|figd|lin_api|secret|ntn|shpat|shpss|shpca|shppa|phc|phx|rnd|vcp|pscale_tkn|pscale_pw)_',
    '[A-Za-z0-9_=-]{20,800}',
  ],
  ['dp.', 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.', '[A-Za-z0-9]{20,800}'],
  ['NRA NRJ PMA HRK sq0 key', '(?:NRAK|NRJS|NRAA|PMAK|HRKU|sq0atp|sq0csp|key)-', '[A-Za-z0-9-]{24,800}'],
  ['AGE', 'AGE-SECRET-KEY-1', '[A-Z0-9]{20,800}'],
  // Mail, telephony, chat.
  ['SG.', 'SG\\.', '[A-Za-z0-9_-]{10,800}\\.[A-Za-z0-9_-]{10,800}'],
  ['xke', 'xkeysib-', '[A-Za-z0-9-]{20,800}'],
  [[...'0123456789abcdef'].flatMap((digit) => [`SK${digit}`, `AC${digit}`]).join(' '), '(?:SK|AC)', '[0-9a-f]{32}'],
];
export const MARK_STARTS: readonly string[] = [...MARKS.flatMap(([begins]) => begins.split(' ')), ':AA', 'eyJ'];

/** `sk-learn-pipelines-with-names` are words. */
const isMixed = (value: string): boolean => /\d/.test(value) || (/[a-z]/.test(value) && /[A-Z]/.test(value));
const NEEDS_MIX = /^(?:sk-(?!ant-|proj-|or-|svcacct-)|secret|key-|r8|fw|lin|fig|voyage|jina|gl|npm)/;
/** Letters that stand in a long text of base64, too. */
const CHANCE = /^(?:A[A-Z]{3}|SK|AC|oy2|SG)/;

const LEAST_RUN = 24;
/** Discord: an id in base64, a time, a signature. Zhipu: an id in hexadecimal, a secret. */
const DOTTED =
  /(?<![\w.-])(?:[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}|[0-9a-f]{32}\.(?=\w*\d)[A-Za-z0-9]{16})(?![\w-])/y;

export const vendorKeys: readonly Rule[] = [
  starting('mark', {
    kind: 'API_KEY',
    expression: new RegExp(`(?<![A-Za-z0-9_.-])(?:${MARKS.map(([, mark, rest]) => `${mark}${rest}`).join('|')})`, 'y'),
    accept: (value, match, text) =>
      (!NEEDS_MIX.test(value) || isMixed(value)) &&
      !(CHANCE.test(value) && /[A-Za-z0-9][/+]$/.test(text.slice(Math.max(0, match.index - 2), match.index))),
  }),
  starting('mark', {
    // Telegram: the number of a bot stands before.
    kind: 'TOKEN',
    first: ':',
    expression: /:AA[A-Za-z0-9_-]{30,800}/y,
    accept: (_value, match, text) => /(?<!\d)\d{8,10}$/.test(text.slice(Math.max(0, match.index - 11), match.index)),
  }),
  starting('mark', {
    // JSON web tokens: the head is JSON that names how it is signed.
    kind: 'TOKEN',
    first: 'e',
    expression: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,2000}){0,3}/y,
    accept: (value) => {
      const head = Buffer.from(value.slice(0, value.indexOf('.')), 'base64url').toString('latin1');
      return !/^\{.*\}$/.test(head) || /"(?:alg|typ|kid|enc)"/.test(head);
    },
  }),
  shape({
    // Its secret half has no mark of its own, but stands near.
    may: has('AKIA', 'ASIA'),
    kind: 'SECRET',
    expression:
      /((?:AKIA|ASIA)[A-Z0-9]{12,24}[^A-Za-z0-9][\s\S]{0,120}?(?<![A-Za-z0-9/+]))([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/g,
    accept: (value) => entropy(value) > 3.7,
  }),
  {
    level: 'secrets',
    may: has('.'),
    find(text, found) {
      for (const [start] of longRuns(text, LEAST_RUN)) {
        DOTTED.lastIndex = start;
        const match = DOTTED.exec(text);
        if (match !== null) found(start, start + match[0].length, 'TOKEN');
      }
    },
  },
];
