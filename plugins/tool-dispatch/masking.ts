import type { Launch } from '#plugins/tool-registry/api';

const SHORTEST_SECRET = 4;
const HARMLESS = /^(?:true|false|\d{1,5}|production|development|debug|info|warn|error)$/i;
const SECRET_FLAG = /^--?[\w.-]*(?:key|token|secret|passw|pwd|auth|credential|bearer)[\w.-]*$/i;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;

/** Hides what a launch's env, headers, URLs and flags like `--api-key` hold from a text that people will read. */
export function masker(launch: Launch): (text: string) => string {
  const secrets = secretsOf(launch)
    .filter((value) => value.length >= SHORTEST_SECRET && !HARMLESS.test(value))
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let masked = text;
    for (const secret of secrets) masked = masked.replaceAll(secret, '***');
    return masked.replace(URL_PASSWORD, '$1:***@');
  };
}

function secretsOf(launch: Launch): string[] {
  if (launch.kind === 'stdio') return [...Object.values(launch.env), ...flagged(launch.args)];
  if (launch.kind !== 'http' && launch.kind !== 'sse' && launch.kind !== 'ws') return [];
  const found: string[] = [];
  for (const value of Object.values(launch.headers)) {
    found.push(value);
    // `Bearer TOKEN`: a server that complains about the token rarely repeats the scheme.
    const token = value.split(' ').at(-1);
    if (token !== undefined && token !== value) found.push(token);
  }
  const url = URL.parse(launch.url);
  if (url !== null) found.push(...url.searchParams.values(), url.password, decoded(url.password));
  return found;
}

/** Values of `--flag value` and `--flag=value` where the flag's name speaks of a secret. */
function flagged(args: readonly string[]): string[] {
  return args.flatMap((arg, at) => {
    const equals = arg.indexOf('=');
    if (equals > 0) return SECRET_FLAG.test(arg.slice(0, equals)) ? [arg.slice(equals + 1)] : [];
    const value = args[at + 1];
    return SECRET_FLAG.test(arg) && value !== undefined && !value.startsWith('--') ? [value] : [];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
