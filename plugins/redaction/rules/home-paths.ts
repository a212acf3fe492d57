import { has, type Rule, shape } from './rule.ts';

/** Folders that belong to nobody. */
const NOBODY = /^(?:public|shared|default|all users|default user|guest|\.{1,2}|\w+\.html?)$/i;
const LINK = /(?:href|src|action)=["']?$|\]\($|\b(?:GET|POST|PUT|PATCH|DELETE|HEAD) $/;
const NAME = String.raw`(?:\p{Script=Han}[\p{L}\p{N}_-]{0,31}|[\w\u00c0-\u024f\u0400-\u04ff](?:[\w.\u00c0-\u024f\u0400-\u04ff-]{0,62}[\w\u00c0-\u024f\u0400-\u04ff])?)`;
const MOUNTS = `(?:/(?:mnt|cygdrive)/[a-z]|/[a-z](?=/Users/)|/var|/export|/System/Volumes/Data|/host|/data|/nfs)?`;

/** `/home/ada`, `/Users/ada`, `C:\Users\ada`, `file:///home/ada`: what is below them stays. */
export const homePaths: readonly Rule[] = [
  shape({
    level: 'all',
    may: has('/home/', '/Users/'),
    kind: 'HOME_PATH',
    expression: new RegExp(
      String.raw`((?<=^|[\s"'\x60=:(,;<>[\]{}|@&$!*+#\\]|[^\x00-\x7f]|file://|file://localhost|vscode-remote://[\w%+.-]{1,80}|-[A-Za-z])\/{0,1}(?<!:\/))(${MOUNTS}/(?:home|Users)/${NAME})(?![\w-])`,
      'gu',
    ),
    accept: (value, match, text) => {
      const name = value.slice(value.lastIndexOf('/') + 1);
      const before = text.slice(Math.max(0, match.index - 9), match.index + match[1]!.length);
      // `/home/news` in a link of a web page is no folder.
      return !NOBODY.test(name) && !LINK.test(before);
    },
  }),
  shape({
    level: 'all',
    may: has('Users', 'users\\', 'Documents and Settings'),
    kind: 'HOME_PATH',
    expression: new RegExp(
      String.raw`((?<![A-Za-z]))([A-Za-z]:(?:\\{1,8}|\/{1,2})(?:Users|Documents and Settings)(?:\\{1,8}|\/{1,2})(?:[^\\/:*?"<>|\r\n]{1,64}(?=\\{1,8}[^\\"])|${NAME}))`,
      'giu',
    ),
    accept: (value) => !NOBODY.test(value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf('\\')) + 1)),
  }),
];
