const NAMED =
  /(?:pass(?:word|wd|phrase)|passwd|[-_]pwd|secret|(?:api|access|private|secret|signing|encryption)[-_]?key|authorization|cookie|credential)s?$/i;
/** Tokens that only say where the next page begins are no secrets. */
const TOKEN = /(?<!(?:page|next|sync|continuation|cursor|pagination)[-_]?)token$/i;
const ENVIRONMENT = /^[A-Z][A-Z0-9_]*_(?:KEY|PASS|AUTH)$/;
const REMEMBERED = 5_000;
const seen = new Map<string, boolean>();

/** Whether what stands under this key is a secret by its name: `password`, `apiKey`, `GITHUB_TOKEN`, `Authorization`. */
export function isSecretKey(key: string): boolean {
  const known = seen.get(key);
  if (known !== undefined) return known;
  const secret = key.length <= 200 && (NAMED.test(key) || TOKEN.test(key) || ENVIRONMENT.test(key));
  if (seen.size >= REMEMBERED) seen.clear();
  seen.set(key, secret);
  return secret;
}

/** `token: 5` counts something; a password may well be a number. */
export const hidesNumbers = (key: string): boolean => !TOKEN.test(key);
