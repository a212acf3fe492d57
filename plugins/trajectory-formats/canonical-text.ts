/**
 * Plain JSON of bounded depth as a text to be hashed, in which the order of members says nothing. Strings have their length
 * before them, so nothing in them has to be escaped.
 */
export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return `"${value.length}:${value}`;
  if (typeof value !== 'object' || value === null) return `${String(value)};`;
  if (Array.isArray(value)) {
    let list = '[';
    for (const element of value) list += canonicalText(element);
    return `${list}]`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const name of Object.keys(members).sort())
    if (members[name] !== undefined) text += canonicalText(name) + canonicalText(members[name]);
  return `${text}}`;
}
