const LONGEST = 64;
const LOOKED_AT = 512;
/** Names with a digit, a dot, a slash or an underscore inside: ids, numbers, paths. */
const NAMES = /[\p{L}\p{N}_]+(?:[./_-][\p{L}\p{N}_]+)+|[\p{L}_]*\p{N}[\p{L}\p{N}_]*/gu;

/** Values of arguments as terms, each once: short ones as they are, of long ones (code, commands) the names in them. */
export function argumentTerms(values: readonly string[], most: number): ReadonlySet<string> {
  const terms = new Set<string>();
  for (let at = 0; at < values.length && at < most; at++) {
    const value = values[at]!;
    if (value.length <= LONGEST && !/\s/.test(value)) terms.add(value.toLowerCase());
    else
      for (const [name] of value.slice(0, LOOKED_AT).toLowerCase().matchAll(NAMES)) terms.add(name.slice(0, LONGEST));
  }
  terms.delete('');
  return terms;
}
