import type { TellingNames } from './telling-names.ts';

const NAMERS =
  /^(?:name|key|header|field|label|id|variable|env|var|parameter|param|selector|element|placeholder|locator|ref|名称|字段)$/i;
const VALUES = /^(?:value|val|text|content|input|data|值|内容)$/i;
const LONGEST_NAME = 160;
const LONGEST_VALUE = 400;

/**
 * Members of an object whose values go as a whole, with the name that tells it: those under a telling name, and the value
 * beside a telling name (`{"name": "password", "value": ...}`, `{"selector": "#password", "text": ...}`).
 */
export function hiddenMembers(object: object, names: TellingNames): ReadonlyMap<string, string> | undefined {
  const hidden = new Map<string, string>();
  let beside: string | undefined;
  for (const [key, value] of Object.entries(object)) {
    if (names.tells(key) && isHidden(key, value, names)) hidden.set(key, key);
    else if (
      typeof value === 'string' &&
      value.length <= LONGEST_NAME &&
      NAMERS.test(key) &&
      namesSecret(key, value, names)
    )
      beside = value;
  }
  if (beside !== undefined)
    for (const [key, value] of Object.entries(object))
      if (VALUES.test(key) && isShort(value) && !hidden.has(key)) hidden.set(key, beside);
  return hidden.size === 0 ? undefined : hidden;
}

const isShort = (value: unknown): boolean =>
  typeof value === 'number' ||
  (typeof value === 'string' && value.length <= LONGEST_VALUE && !/\s\S+\s\S+\s/.test(value));

/** A field of a page is described in words: there the name may stand anywhere. */
const namesSecret = (key: string, value: string, names: TellingNames): boolean =>
  names.tells(value) ||
  (/^(?:selector|element|placeholder|label|locator|field)$/i.test(key) &&
    /passw|密码|口令|secret|api[-_ ]?key/i.test(value));

function isHidden(key: string, value: unknown, names: TellingNames): boolean {
  if (value === null || typeof value === 'boolean' || value === '') return false;
  // `token: 5` counts something; a password may well be a number.
  if (typeof value === 'number') return names.isPassword(key) || names.isCode(key);
  if (typeof value === 'object') return !isSchema(value);
  return true;
}

/** `{ password: { type: 'string' } }` describes a password. */
export const isSchema = (value: object): boolean =>
  'type' in value ||
  '$ref' in value ||
  'anyOf' in value ||
  'oneOf' in value ||
  'allOf' in value ||
  'description' in value;
