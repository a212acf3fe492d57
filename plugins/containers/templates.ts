const PLACEHOLDER = /\{(data|secret:([^{}]+))\}/g;

/** Names of the secrets that a template asks for. */
export const secretsIn = (template: string): string[] =>
  [...template.matchAll(PLACEHOLDER)].flatMap(([, , name]) => (name === undefined ? [] : [name]));

export const asksForData = (template: string): boolean => template.includes('{data}');

/** Undefined where a secret that it asks for is not there. */
export function fillIn(template: string, data: string, secrets: Readonly<Record<string, string>>): string | undefined {
  if (secretsIn(template).some((name) => secrets[name] === undefined)) return undefined;
  return template.replace(PLACEHOLDER, (_whole, _inner, name: string | undefined) =>
    name === undefined ? data : secrets[name]!,
  );
}
