import type { RedactionLevel } from '../api.ts';
import { entropy } from '../checksums.ts';
import { isPrivateHost } from './private-hosts.ts';
import type { Found, Rule } from './rule.ts';

const SCHEME = /[A-Za-z][A-Za-z0-9+.-]{0,30}$/;
const REST = /[^\s"'<>`\\^{}|\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]{1,4096}/y;
const MOST_BACK = 32;
const MOST_WITHIN = 4;

/** Parameters that let in whoever has them, and how long their values are at least. */
const PARAMETER =
  /[?&#;]((?:(?:access|auth|refresh|id|session|security|api|private|user|bot|csrf|reset|invite|oauth)[-_]?)?token|api[-_]?key|app[-_]?key|secret|client_secret|password|passwd|pwd|x-amz-(?:signature|security-token|credential)|x-goog-(?:signature|credential)|signature|awsaccesskeyid|sig|jwt|auth|authkey|key|code|ticket|session(?:id)?|sid|rlkey|hash|hmac|sign|accesskeyid|ossaccesskeyid|q-signature|q-ak)=([^&#;\s]{4,})/gi;
const SURE = /token|secret|passw|pwd|signature|api[-_]?key|jwt|x-amz|x-goog|rlkey|keyid/i;
/** A link of a mail that lets in whoever has it. */
const LINK =
  /\/(?:reset|reset-password|password-reset|invite|invitation|verify|confirm|activate|magic|magic-link|unsubscribe|share|bot\d{6,12}:[\w-]{20,})\/([A-Za-z0-9_.-]{20,300})(?=$|[/?#])/i;
/** Whoever has the address of such a hook may post. */
const HOOK =
  /(?:hooks\.slack\.com\/(?:services|workflows|triggers)|\/api\/webhooks|webhook\.office\.com\/webhookb2|open\.feishu\.cn\/open-apis\/bot\/v2\/hook|qyapi\.weixin\.qq\.com\/cgi-bin\/webhook\/send\?key=)\/?([\w/@.-]{12,300})/;
const BOT = /\/bot(\d{6,12}:[\w-]{20,})(?=$|\/)/;

const SECRET_PATHS: readonly (readonly [RegExp, bits: number])[] = [
  [BOT, 0],
  [HOOK, 0],
  [LINK, 3],
];

/** Passwords and tokens in URLs; at level `all` URLs that are themselves private, as a whole. */
export function urlRule(level: RedactionLevel): Rule {
  return {
    level: 'secrets',
    may: (text) => text.includes('://'),
    find(text, found) {
      let end = 0;
      let within = 0;
      for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
        // A URL may hold another, which may hold one more.
        within = at < end ? within + 1 : 0;
        if (within > MOST_WITHIN) {
          at = end - 3;
          within = 0;
          continue;
        }
        const scheme = SCHEME.exec(text.slice(Math.max(0, at - MOST_BACK), at))?.[0];
        if (scheme === undefined) continue;
        REST.lastIndex = at + 3;
        const rest = REST.exec(text)?.[0];
        if (rest === undefined) continue;
        end = Math.max(end, at + 3 + rest.length);
        inUrl(scheme, at + 3, trimmed(rest), level, found);
      }
    },
  };
}

function inUrl(scheme: string, start: number, rest: string, level: RedactionLevel, found: Found): void {
  const isWeb = /^(?:https?|wss?)$/i.test(scheme);
  let until = rest.search(/[/?#]/);
  if (until < 0) until = rest.length;
  // A password of a database may hold what ends the host elsewhere.
  const atSign = isWeb
    ? rest.lastIndexOf('@', until)
    : rest.lastIndexOf('@', /[?]/.test(rest) ? rest.indexOf('?') : rest.length);
  const hasUser = atSign >= 0 && (isWeb ? atSign < until : true) && !/^file$/i.test(scheme);
  let isPrivate = false;
  if (hasUser) {
    const colon = rest.indexOf(':');
    const from = colon >= 0 && colon < atSign ? colon + 1 : 0;
    const value = rest.slice(from, atSign);
    if (from > 0 ? isPassword(value) : value.length >= 16 && /\d/.test(value) && !/[.]/.test(value)) {
      found(start + from, start + atSign, 'PASSWORD', true);
      isPrivate = true;
    }
    until = rest.slice(atSign + 1).search(/[/?#]/);
    until = until < 0 ? rest.length : until + atSign + 1;
  }
  for (const match of rest.matchAll(PARAMETER)) {
    const [whole, name, value] = match;
    if (!isToken(name!, value!)) continue;
    const from = start + match.index + whole.length - value!.length;
    found(from, from + value!.length, 'TOKEN', value!.length >= 12);
    isPrivate = true;
  }
  for (const [expression, bits] of SECRET_PATHS) {
    const [whole, value] = expression.exec(rest) ?? [];
    if (whole === undefined || !/\d/.test(value!) || entropy(value!) < bits) continue;
    const from = start + rest.indexOf(whole) + whole.indexOf(value!);
    found(from, from + value!.length, 'TOKEN', true);
    isPrivate = true;
  }
  if (level !== 'all' || /^file$/i.test(scheme)) return;
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(rest.slice(hasUser ? atSign + 1 : 0, until))?.[1] ?? '';
  if (host !== '' && (isPrivate || (isPrivateHost(host) && isReached(scheme, host))))
    found(start - 3 - scheme.length, start + rest.length, 'PRIVATE_URL');
}

/** `s3://bucket/key` and `data://x` name no host. */
const isReached = (scheme: string, host: string): boolean =>
  /[.:]/.test(host) ||
  /^(?:https?|wss?|ftps?|sftp|ssh|git(?:\+\w+)?|ldaps?|smb|rtsp|postgres(?:ql)?|mysql|mariadb|mongodb|redis|rediss|amqps?|kafka|nats|mqtts?|clickhouse|mssql|oracle|jdbc|telnet|vnc|rdp)$/i.test(
    scheme,
  );

const isPassword = (value: string): boolean =>
  value !== '' && !/^(?:[*x]+|\$\{?\w+\}?|password|passwd|pass|pw|pwd|%s|:?\w*PASSWORD\w*)$/i.test(value);

function isToken(name: string, value: string): boolean {
  if (/^[<{$*%]|^(?:x+|your.*|token|null|undefined|string)$/i.test(value)) return false;
  if (SURE.test(name)) return value.length >= 6 || /passw|pwd/i.test(name);
  return value.length >= 16 && /\d/.test(value) && entropy(value) >= 3;
}

function trimmed(url: string): string {
  let end = url.length;
  for (; end > 0; end--) {
    const last = url[end - 1]!;
    if (',.;:!?\'"*_~'.includes(last)) continue;
    if (last === ')' && !url.slice(0, end).includes('(')) continue;
    if (last === ']' && !url.slice(0, end).includes('[')) continue;
    break;
  }
  return url.slice(0, end);
}
