import { BlockList, isIP } from 'node:net';

/** IANA special-purpose registries: everything that is not on the public network. */
const PRIVATE_V4 = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  PRIVATE_V4.addSubnet(network, bits);

/** The one block of public addresses, and what inside of it stands for other addresses or for none. */
const PUBLIC_V6 = new BlockList();
PUBLIC_V6.addSubnet('2000::', 3, 'ipv6');
const NOT_PUBLIC_V6 = new BlockList();
NOT_PUBLIC_V6.addSubnet('2001::', 23, 'ipv6');
NOT_PUBLIC_V6.addSubnet('2001:db8::', 32, 'ipv6');
NOT_PUBLIC_V6.addSubnet('2002::', 16, 'ipv6');
NOT_PUBLIC_V6.addSubnet('3fff::', 20, 'ipv6');

const LOCAL_ENDINGS = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home', 'corp', 'private', 'home.arpa'];

/**
 * Whether a URL leads to this machine or its own networks, as far as its text tells: what a public name resolves to is
 * not looked up. Text that is no URL counts as private.
 */
export function isPrivateAddress(url: string): boolean {
  // WHATWG URLs write every spelling of an IPv4 address (decimal, octal, short) as four numbers.
  const hostname = URL.parse(url)?.hostname.toLowerCase().replace(/\.$/, '') ?? '';
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  switch (isIP(host)) {
    case 4:
      return PRIVATE_V4.check(host);
    case 6:
      // IPv4 addresses inside of IPv6 ones (mapped, NAT64) are all outside of the public block.
      return !PUBLIC_V6.check(host, 'ipv6') || NOT_PUBLIC_V6.check(host, 'ipv6');
    default:
      return !host.includes('.') || LOCAL_ENDINGS.some((ending) => host.endsWith(`.${ending}`));
  }
}
