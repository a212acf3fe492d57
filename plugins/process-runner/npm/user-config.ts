import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export interface UserConfig {
  /** The user's .npmrc, where there is one. */
  readonly file?: string;
  /** Files that it, or the environment, names: certificates. */
  readonly files: readonly string[];
  /** Variables that npm reads, or that .npmrc takes values from. Never shown. */
  readonly env: Readonly<Record<string, string>>;
}

const READ_BY_NPM =
  /^(?:npm_config_.*|https?_proxy|no_proxy|all_proxy|node_extra_ca_certs|ssl_cert_file|ssl_cert_dir)$/i;
/** `npm run` and `npm test` set these for the project that they run in: they are not the user's. */
const OF_A_RUN =
  /^npm_config_(?:prefix|local_prefix|global_prefix|userconfig|globalconfig|init_module|cache|node_gyp|noproxy|npm_version|user_agent|loglevel)$/i;
const VARIABLE = /\$\{([^}?]+)\??\}/g;
const FILE_SETTING = /^\s*(?:\S*:)?(?:cafile|certfile|keyfile)\s*=\s*"?([^"\n]+?)"?\s*$/gm;

/** What of the user's npm configuration goes along into an installation: the registry, its access, its certificates. */
export function userConfig(): UserConfig {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && READ_BY_NPM.test(name) && !OF_A_RUN.test(name)) env[name] = value;
  const file = process.env.npm_config_userconfig ?? process.env.NPM_CONFIG_USERCONFIG ?? path.join(homedir(), '.npmrc');
  const text = read(file);
  for (const [, name] of text.matchAll(VARIABLE)) {
    const value = process.env[name!];
    if (value !== undefined) env[name!] = value;
  }
  const named = [...text.matchAll(FILE_SETTING)].map(([, named]) => named!.replace(/^~(?=\/)/, homedir()));
  const files = [...named, env.NODE_EXTRA_CA_CERTS, env.SSL_CERT_FILE, env.SSL_CERT_DIR].filter(
    (each): each is string => each !== undefined && path.isAbsolute(each) && existsSync(each),
  );
  return { ...(text !== '' && { file }), files: [...new Set(files)], env };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
