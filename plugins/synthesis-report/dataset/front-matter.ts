/** Front matter of a card: values are written as JSON, which YAML takes. */
export const stringify = (members: Readonly<Record<string, unknown>>): string =>
  Object.entries(members)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
