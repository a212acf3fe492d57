import { isSecretKey } from './secret-keys.ts';

/** Shorter texts would black out ordinary words. */
const SHORTEST = 4;
const SHORTEST_OF_ENVIRONMENT = 8;
const HARMLESS = /^(?:true|false|yes|no|none|null|\d{1,5}|production|development|disabled|enabled|required|optional)$/i;
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i;
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/** Values of variables whose names speak of a secret, and passwords in URLs. */
export function secretsOfEnvironment(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const password = URL_PASSWORD.exec(value)?.[1];
    const found = isSecretKey(name) ? [value] : [];
    if (password !== undefined) found.push(password);
    // A path says where a secret is, and is none.
    return found.filter((each) => each.length >= SHORTEST_OF_ENVIRONMENT && !each.startsWith('/'));
  });
}

/** One expression for all of them, in the forms in which they turn up: as they are, in JSON, in a URL. */
export function expressionOf(secrets: readonly string[]): RegExp | undefined {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST || HARMLESS.test(secret)) continue;
    const inJson = JSON.stringify(secret).slice(1, -1);
    forms.add(secret).add(inJson).add(JSON.stringify(inJson).slice(1, -1));
    if (secret.isWellFormed()) forms.add(encodeURIComponent(secret));
  }
  if (forms.size === 0) return undefined;
  // The longest first: one may begin with another.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => form.replace(SPECIAL, '\\$&')).join('|'), 'g');
}
