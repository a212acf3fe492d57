import { isQuotedSecret, isSpokenSecret, isUnquotedSecret } from '../plausible.ts';
import { kindOf, type TellingNames } from '../telling-names.ts';
import { quoted, trimmed, unquoted } from './named-value.ts';
import type { Found, Rule } from './rule.ts';

/** A name may end in a quote (escaped, where the text is a JSON text in another) or be a subscript. */
const AFTER_NAME = String.raw`(?:\\{0,7}["'\x60])?\]?`;
const GIVES = String.raw`[^\S\r\n]{0,3}(?:[:=]{1,2}>?|:=)[^\S\r\n]{0,3}`;

/** `password: ...`, `"apiKey": "..."`, `密码：...`, `my token is ...`, `--token ...`, `<secret>...</secret>`. */
export function namedRule(names: TellingNames): Rule {
  const forms = [phrase, given, attribute, spoken, option, quotedAfter, element].map((make) => make(names));
  return {
    level: 'secrets',
    may: (_text, starts) => starts.name.length > 0,
    find(text, found, starts) {
      let done = 0;
      for (const at of starts.name) {
        if (at < done) continue;
        for (const form of forms) {
          const end = form(text, at, found);
          if (end === undefined) continue;
          done = end;
          break;
        }
      }
    },
  };
}

/** Tries one way to give a value to the name at a place; where the value ended, if it took one. */
type Form = (text: string, at: number, found: Found) => number | undefined;

function form(
  expression: RegExp,
  take: (match: RegExpExecArray, text: string, found: Found) => number | undefined,
): Form {
  return (text, at, found) => {
    expression.lastIndex = at;
    const match = expression.exec(text);
    return match === null ? undefined : take(match, text, found);
  };
}

/** The name with what belongs to it before: `api key`, `verification code`. */
const nameAt = (text: string, match: RegExpExecArray): string =>
  (/[\w -]{0,24}$/.exec(text.slice(Math.max(0, match.index - 24), match.index))?.[0].slice(-14) ?? '') + match[1]!;

function given(names: TellingNames): Form {
  const expression = new RegExp(
    String.raw`(${names.source})${AFTER_NAME}(${GIVES})(?:[bruf]{0,2}(\\{0,7}["'\x60“「『])|(?=[^\s"'\x60,;&<>(){}\[\]\\|*:=]))`,
    'iuy',
  );
  return form(expression, (match, text, found) => {
    const [, name, between, quote] = match;
    const start = expression.lastIndex;
    const whole = nameAt(text, match);
    const isCode = names.isCode(whole);
    const isPassword = names.isPassword(whole);
    // After a blank, as people and YAML write it, a value may hold what separates values elsewhere.
    const value =
      quote === undefined
        ? trimmed(unquoted(text, start, /\s$/.test(between!) || /\p{Script=Han}/u.test(name!)))
        : quoted(text, start, quote);
    if (value === undefined) return undefined;
    const end = start + value.length;
    const isSecret = isCode
      ? /^\d{3,8}$/.test(value)
      : quote !== undefined
        ? isQuotedSecret(value, name!)
        : isUnquotedSecret({ name: name!, between: between!, value, next: text.slice(end, end + 24), isPassword });
    if (!isSecret) return undefined;
    found(start, end, kindOf(whole), true);
    return end;
  });
}

function spoken(names: TellingNames): Form {
  const expression = new RegExp(
    String.raw`(${names.source})s?["'\x60]?(?:\s{1,3}(?:is|was|are|to|as|be|equals)[\s:]{1,3}|\s{0,2}(?:是|为|為|改成|改为|设为|设成|设置为|設為|用)[\s:]{0,2}|(?:\s{1,2}|(?<=[\u4e00-\u9fff]))[(「『“]\s{0,2}|(?<=[\u4e00-\u9fff])\s{1,2}(?=[\x21-\x7e]))(["'\x60“「『]?)`,
    'iuy',
  );
  return form(expression, (match, text, found) => {
    const [, name, quote] = match;
    const whole = nameAt(text, match);
    const start = expression.lastIndex;
    const value = quote === '' ? trimmed(unquoted(text, start, true)) : quoted(text, start, quote!);
    if (value === undefined) return undefined;
    const isPassword = names.isPassword(whole) || names.isCode(whole);
    if (!(quote === '' ? isSpokenSecret(value, isPassword) : isQuotedSecret(value, name!))) return undefined;
    found(start, start + value.length, kindOf(whole), true);
    return start + value.length;
  });
}

function option(names: TellingNames): Form {
  const expression = new RegExp(
    String.raw`(?<=(?:^|[\s"'\x60])--?[A-Za-z-]{0,40})(${names.source})\s{1,3}["']?([^\s"'\x60<>|;&\[\]-][^\s"'\x60<>|;&]{2,400})`,
    'iuy',
  );
  return form(expression, (match, text, found) => {
    const [, name, all] = match;
    const start = expression.lastIndex - all!.length;
    const value = trimmed(all!) ?? '';
    // `--token TOKEN`, `--password string`: so says a manual.
    if (!isQuotedSecret(value, name!) || /^[A-Z_]+$/.test(value)) return undefined;
    if (/^[a-z]+$/.test(value) && !names.isPassword(name!)) return undefined;
    found(start, start + value.length, kindOf(nameAt(text, match)), true);
    return start + value.length;
  });
}

/** `PASSWORD 'x'` of SQL, `the password "x"` of people. */
function quotedAfter(names: TellingNames): Form {
  const expression = new RegExp(String.raw`(${names.source})\s{1,3}(?:as\s)?(["'“「『])`, 'iuy');
  return form(expression, (match, text, found) => {
    const value = quoted(text, expression.lastIndex, match[2]!);
    if (value === undefined || value.length < 3 || !/\d|[^\w\s]/.test(value) || !isQuotedSecret(value, match[1]!))
      return undefined;
    const end = expression.lastIndex + value.length;
    found(expression.lastIndex, end, kindOf(nameAt(text, match)), true);
    return end;
  });
}

/** `<add key="ApiKey" value="x"/>`, `{"name": "password", "value": "x"}` in a text that is no JSON. */
function attribute(names: TellingNames): Form {
  const expression = new RegExp(
    String.raw`(${names.source})(\\{0,7}["'])[\s,;]{1,3}(?:[\w-]{1,30}=["'][^"'\n]{0,60}["']\s{1,3}){0,3}(?:\\{0,7}["'])?value(?:\\{0,7}["'])?\s{0,2}[:=]\s{0,2}(\\{0,7}["'])`,
    'iuy',
  );
  return form(expression, (match, text, found) => {
    const value = quoted(text, expression.lastIndex, match[3]!);
    if (value === undefined || !isQuotedSecret(value, match[1]!)) return undefined;
    const end = expression.lastIndex + value.length;
    found(expression.lastIndex, end, kindOf(nameAt(text, match)), true);
    return end;
  });
}

/** Words in a row that are one secret. */
function phrase(names: TellingNames): Form {
  const expression = new RegExp(
    String.raw`(${names.source})(?<=phrase|mnemonic|助记词)${AFTER_NAME}(?:${GIVES}|\s{1,2}(?:is|are)[\s:]{1,2}|是)["'\x60]?((?:\p{Ll}{2,12} ){2,23}\p{Ll}{2,12})(?=$|["'\x60\r\n.,;\\])`,
    'iuy',
  );
  return form(expression, (match, _text, found) => {
    if (!isQuotedSecret(match[2]!, match[1]!)) return undefined;
    found(expression.lastIndex - match[2]!.length, expression.lastIndex, 'PRIVATE_KEY', true);
    return expression.lastIndex;
  });
}

function element(names: TellingNames): Form {
  const expression = new RegExp(
    String.raw`(?<=<[\w:-]{0,40})(${names.source})(?:\s[^<>]{0,200})?>\s{0,3}([^<>\s](?:[^<>]{0,398}[^<>\s])?)\s{0,3}<\/[\w:-]{0,40}\1>`,
    'iuy',
  );
  return form(expression, (match, text, found) => {
    const [whole, name, value] = match;
    if (!isQuotedSecret(value!, name!)) return undefined;
    const start = expression.lastIndex - whole.length + whole.lastIndexOf(value!);
    found(start, start + value!.length, kindOf(nameAt(text, match)), true);
    return start + value!.length;
  });
}
