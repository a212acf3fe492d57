import { type Rule, shape } from './rule.ts';

const LOCAL_ADDRESS = /^(?:localhost|.*\.localhost|127\.[\d.]+|0\.0\.0\.0|::1|\[::1?\]|host\.docker\.internal)$/i;
const PRIVATE_ADDRESS =
  /^(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.\d{1,3}(?:\.\d{1,3})?$|^\[?(?:f[cd][0-9a-f]{2}|fe80):/i;
const PRIVATE_SUFFIX =
  /\.(?:local|internal|corp|lan|intranet|private|localdomain|localnet|home|home\.arpa|svc|consul|onion)$/i;
/** `jira.corp.example.com`. */
const PRIVATE_LABEL = /^(?:[\w-]+\.)*(?:internal|intranet|corp|lan|private|vpn)\.[\w-]+\.[\w.-]+$/i;

/** Whether only those within an organisation reach it. This machine's own addresses are nobody's secret. */
export function isPrivateHost(host: string): boolean {
  if (LOCAL_ADDRESS.test(host)) return false;
  if (PRIVATE_ADDRESS.test(host) || PRIVATE_SUFFIX.test(host) || PRIVATE_LABEL.test(host)) return true;
  // One label alone: a name of a local network.
  return (
    /^[a-z][a-z0-9-]{1,62}$/i.test(host) &&
    !/^(?:example|host|hostname|server|domain|url|site|website|path|x|foo|bar)$/i.test(host)
  );
}

export const HOST_STARTS: readonly string[] = ['.in', '.co', '.la', '.lo'];
const END = /\.(?:internal|corp|lan|intranet|local)\b/iy;
function endsHost(text: string, at: number): boolean {
  END.lastIndex = at;
  return END.test(text);
}

/** Hosts and addresses that stand without a URL. */
export const privateHosts: readonly Rule[] = [
  shape({
    level: 'all',
    may: (text) => text.includes('10.') || text.includes('192.168.') || text.includes('172.'),
    kind: 'PRIVATE_HOST',
    expression:
      /(?<![\w.:/-])()((?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?::\d{2,5})?)(?![\w/]|\.\d|-\d)/g,
    // A version has four numbers now and then; a network's own address is everybody's.
    accept: (value, match, text) =>
      !/(?:version|[^a-z]v|ver\.?|release|chrome|build)[\s:="/]{0,3}$/i.test(
        text.slice(Math.max(0, match.index - 12), match.index),
      ) &&
      value
        .split(/[.:]/)
        .slice(0, 4)
        .every((part) => Number(part) < 256) &&
      !/\.0(?:\.0)*$/.test(value),
  }),
  shape({
    level: 'all',
    may: (text, starts) => starts.host.some((at) => endsHost(text, at)),
    kind: 'PRIVATE_HOST',
    expression:
      /(?<![\w./@-])()((?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,6}(?:internal|corp|lan|intranet)(?::\d{2,5})?)(?![\w(-]|\.\w)/gi,
    accept: (value) =>
      !LOCAL_ADDRESS.test(value) && (/[\d-]|:\d|\..*\./.test(value) || /\.(?:corp|lan|intranet)$/i.test(value)),
  }),
  shape({
    level: 'all',
    // `.local` ends names of files too: only where somebody connects to it.
    may: (text, starts) => starts.host.some((at) => endsHost(text, at)),
    kind: 'PRIVATE_HOST',
    expression:
      /((?:\b(?:ssh|scp|ping|host|hostname|server|nc|telnet|dig|nslookup|主机|服务器)["'\s:=]{1,4}|@))((?:[a-z0-9][a-z0-9-]{0,62}\.){1,6}local(?::\d{2,5})?)(?![\w(-]|\.\w)/gi,
  }),
];
