import { BlockList, isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** IANA's special-purpose registry: nothing here is a place on the public internet. */
const SPECIAL_V4: readonly [string, number, string][] = [
  ['0.0.0.0', 8, 'this host'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'carrier-grade NAT'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local, where cloud metadata is served'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'benchmarks'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];
/** Of IPv6 only 2000::/3 is public; these parts of it are not, or carry an IPv4 address inside. */
const SPECIAL_V6: readonly [string, number, string][] = [
  ['2001::', 23, 'reserved'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, 'an IPv4 address in IPv6'],
  ['3fff::', 20, 'documentation'],
];
const KINDS_V6: readonly [string, number, string][] = [
  ['::1', 128, 'loopback'],
  ['fc00::', 7, 'private (ULA)'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
  ['64:ff9b::', 96, 'an IPv4 address in IPv6'],
];

type Range = { list: BlockList; kind: string };
const ranges = (rows: readonly [string, number, string][], family: 'ipv4' | 'ipv6'): Range[] =>
  rows.map(([net, bits, kind]) => {
    const list = new BlockList();
    list.addSubnet(net, bits, family);
    return { list, kind };
  });
const V4 = ranges(SPECIAL_V4, 'ipv4');
const V6 = ranges([...SPECIAL_V6, ...KINDS_V6], 'ipv6');
const GLOBAL_V6 = new BlockList();
GLOBAL_V6.addSubnet('2000::', 3, 'ipv6');
const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

/** Why this address is none on the public internet, or undefined where it is one. */
export function addressProblem(address: string): string | undefined {
  if (isIP(address) === 0) return 'not an address';
  if (isOwn(address)) return 'an address of this machine';
  if (isIPv4(address)) return V4.find(({ list }) => list.check(address, 'ipv4'))?.kind;
  if (MAPPED.check(address, 'ipv6')) return addressProblem(mappedV4(address));
  const special = V6.find(({ list }) => list.check(address, 'ipv6'))?.kind;
  if (special !== undefined) return special;
  return GLOBAL_V6.check(address, 'ipv6') ? undefined : 'reserved';
}

/** The URL parser writes the short form, in which the last 32 bits are two hexadecimal groups. */
function mappedV4(address: string): string {
  const [high = '0', low = '0'] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(':').slice(-2);
  const bits = Number.parseInt(high || '0', 16) * 65_536 + Number.parseInt(low || '0', 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

/** A public address of this machine leads to services that listen on all its addresses. Asked each time: they change. */
function isOwn(address: string): boolean {
  const plain = address.split('%')[0];
  return Object.values(networkInterfaces()).some((each) => each?.some((one) => one.address === plain && !one.internal));
}
