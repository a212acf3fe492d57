import { type Fault, fault } from '#kernel';

const LAST_LINES = 8;
const LONGEST = 1_500;

const NETWORK = new Set([
  ...[
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'ETIMEDOUT',
    'ENETUNREACH',
    'EHOSTUNREACH',
  ],
  ...['ENOTCACHED', 'ERR_SOCKET_TIMEOUT', 'EPROTO', 'ENETDOWN', 'EIDLETIMEOUT', 'ECONNECTIONTIMEOUT'],
]);

interface NpmError {
  readonly code?: string;
  readonly summary?: string;
  readonly detail?: string;
}

/** What npm said when it failed (`--json` on stdout, lines on stderr) as a fault with what to do about it. */
export function npmFault(wanted: string, stdout: string, stderr: string): Fault {
  const { code, summary } = errorIn(stdout, stderr);
  const said = shown([summary, stderr].filter(Boolean).join('\n'));
  const isOwn = said.includes(wanted.replace(/^(@?[^@]+)@.*/, '$1'));
  if ((code === 'E404' || code === 'ETARGET') && isOwn)
    return fault('PACKAGE_UNKNOWN', `the npm registry has no ${wanted}`, {
      kind: 'not_found',
      hint: 'compare name and version with the registry; the registry is that of the npm configuration',
    });
  if (code === 'EINTEGRITY')
    return fault('PACKAGE_CHANGED', `what the registry sent for ${wanted} is not what it announced`, {
      kind: 'unavailable',
      hint: 'do not install it; where a proxy or a mirror is at fault, clear the npm cache and try again',
    });
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return diskFull(`while installing ${wanted}`);
  if ((code !== undefined && NETWORK.has(code)) || /^E5\d\d$/.test(code ?? ''))
    return fault('NETWORK_DOWN', `the npm registry could not be reached (${code}) to install ${wanted}`, {
      kind: 'unavailable',
      hint: 'try again when the network is back; a proxy goes into the npm configuration',
    });
  if (code === 'E401' || code === 'E403' || code === 'ENEEDAUTH')
    return fault('PACKAGE_FORBIDDEN', `the npm registry does not let us have ${wanted} (${code})`, {
      kind: 'forbidden',
      hint: 'log in with npm, or set a token in the npm configuration',
    });
  return installFailed(`npm could not install ${wanted}: ${said || 'it said nothing'}`);
}

export const installFailed = (message: string): Fault =>
  fault('INSTALL_FAILED', message, {
    kind: 'unavailable',
    hint: 'the package itself is at fault, or it needs what is not here',
  });

export const diskFull = (when: string): Fault =>
  fault('DISK_FULL', `the disk is full ${when}`, {
    kind: 'unavailable',
    hint: 'free some space, or move process-runner.dir to another disk',
  });

function errorIn(stdout: string, stderr: string): NpmError {
  try {
    const { error } = JSON.parse(stdout) as { error?: NpmError };
    if (error?.code !== undefined) return error;
  } catch {
    // it ended before it could say so
  }
  const code = /npm (?:error|ERR!) code (\S+)/.exec(stderr)?.[1] ?? /\b(ENOSPC|EDQUOT)\b/.exec(stderr)?.[1];
  return code === undefined ? {} : { code };
}

/** The last lines that tell something, without what nobody may see. */
function shown(text: string): string {
  return text
    .replace(/npm (?:error|ERR!) ?/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/complete log of this run|_logs\/|^A complete log/.test(line))
    .slice(-LAST_LINES)
    .join('; ')
    .replace(/(_?auth(?:token)?|_password|password|token)(["']?\s*[=:]\s*)\S+/gi, '$1$2***')
    .replace(/\bnpm_[A-Za-z0-9]{8,}/g, '***')
    .replace(/(\w:\/\/)[^\s/@]+@/g, '$1***@')
    .slice(0, LONGEST);
}
