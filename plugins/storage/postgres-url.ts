import { fault } from '#kernel';

/** Checks the URL and returns what may be shown of it. Its text never gets into a message: it holds the password. */
export function readUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:'))
    throw wrong(url ? `it begins with "${url.protocol}"` : 'it is no URL');
  if (!isDecodable(url.username) || !isDecodable(url.password))
    throw wrong('its user or password has a % that is no escape');
  const host = url.host || url.searchParams.get('host') || 'localhost';
  return `postgres://${host}${url.pathname}`;
}

const wrong = (why: string) =>
  fault('STORAGE_URL', `storage.url is not usable: ${why}`, {
    kind: 'invalid',
    hint: 'write postgres://user:password@host:5432/name, with special characters of the password as %XX; or leave it empty for the embedded database',
  });

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};
