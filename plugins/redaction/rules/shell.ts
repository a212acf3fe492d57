import { type Rule, starting } from './rule.ts';

/** Ends of names of variables, with what stands before them. */
export const VARIABLE_STARTS: readonly string[] = ['_KE', '_PA', '_AU', '_PS', '_DS', '_SA'];
export const PROGRAM_STARTS: readonly string[] =
  'cur wge htt xh mys mar ssh red doc pod hel lda unz zip 7z key log use acc ide'
    .split(' ')
    .map((word) => word.padEnd(3));

const VALUE = String.raw`[^\s"'\\-](?:[^\s"'\\]|\\(?![nrtbfu"'\\/])){1,200}`;

const isValue = (value: string): boolean => !/^[$<{%[-]|^[A-Z_]+$|^(?:password|passwd|pass|string)$/.test(value);

/** Where programs take a secret without naming it, and where variables of an environment hold one. */
export const shell: readonly Rule[] = [
  starting('program', {
    kind: 'PASSWORD',
    named: true,
    expression:
      /(\b(?:curl|wget|https?|xh)\b[^\n|;&]{0,400}?\s(?:-u|-U|--user|--proxy-user|-a|--auth)[\s=]{0,2}["'\\]{0,4}[^\s:"'$\\]{1,100}:)([^\s"'@\\]{2,200})/y,
    accept: isValue,
  }),
  starting('program', {
    kind: 'PASSWORD',
    named: true,
    expression: new RegExp(
      String.raw`(\b(?:(?:mysql|mariadb)[a-z_-]{0,20}\b[^\n|;&]{0,200}?\s-p|sshpass\s+-p\s{0,2}|redis-cli\b[^\n|;&]{0,200}?\s-a\s+|(?:docker|podman|helm registry) login\b[^\n|;&]{0,200}?\s-p\s+|ldap[a-z]{1,10}\b[^\n|;&]{0,200}?\s-w\s+|(?:un)?zip\b[^\n|;&]{0,80}?\s-P\s+|7z\b[^\n|;&]{0,80}?\s-p|keytool\b[^\n|;&]{0,200}?\s-(?:store|key)pass\s+)["'\\]{0,4})(${VALUE})`,
      'y',
    ),
    accept: isValue,
  }),
  starting('program', {
    // netrc, and `login bob password x` of others.
    kind: 'PASSWORD',
    named: true,
    expression: new RegExp(
      String.raw`(\b(?:login|user|username|account)\s+[^\s"'\\]{1,100}\s+password\s+)(${VALUE})`,
      'y',
    ),
    accept: (value) => isValue(value) && !/^(?:is|was|and|or|to|for|has|reset|with|the|your)$/.test(value),
  }),
  starting('program', {
    kind: 'PASSWORD',
    named: true,
    expression: /(\bidentified by\s+(?:password\s+)?(?:'\\''|\\{0,7}["']))([^"'\\\n]{2,400})/iy,
  }),
  starting('variable', {
    kind: 'SECRET',
    named: true,
    expression:
      /(?<=[A-Z0-9])(_(?:KEY|PASS|AUTH|PAT|PSW|DSN|SALT)(?:\\{0,7}["'])?[^\S\n]{0,3}[:=][^\S\n]{0,3}(?:\\{0,7}["'])?)([^\s"'`,;&<>(){}\\$*]{6,400})/y,
    accept: (value) =>
      !/^\.{0,2}\//.test(value) && (/\d/.test(value) || (value.length >= 12 && !/^[a-z_.]+$/i.test(value))),
  }),
];
