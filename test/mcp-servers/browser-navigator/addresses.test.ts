import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTarget } from '../../../mcp-servers/browser-navigator/actions/navigate.ts';
import { addressProblem } from '../../../mcp-servers/browser-navigator/egress/addresses.ts';
import { AllowedHosts } from '../../../mcp-servers/browser-navigator/egress/allowed-hosts.ts';
import { checkedAddresses, Refusal } from '../../../mcp-servers/browser-navigator/egress/checked-address.ts';
import { optionsSchema } from '../../../mcp-servers/browser-navigator/options.ts';

const none = new AllowedHosts([]);
const options = optionsSchema.parse({});
const byte = fc.integer({ min: 0, max: 255 });
const dotted = (parts: number[]) => parts.join('.');
const privateV4 = fc.oneof(
  fc.tuple(fc.constantFrom(10, 127, 0), byte, byte, byte),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
  fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
  fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
);
/** The ways in which URLs write the same four bytes. */
const spellings = ([a, b, c, d]: number[]): string[] => {
  const number = a! * 2 ** 24 + b! * 65_536 + c! * 256 + d!;
  const octal = [a, b, c, d].map((each) => `0${each!.toString(8)}`).join('.');
  const hex = (high: number, low: number) => (high * 256 + low).toString(16);
  const mapped = `[::ffff:${hex(a!, b!)}:${hex(c!, d!)}]`;
  return [
    dotted([a!, b!, c!, d!]),
    String(number),
    `0x${number.toString(16)}`,
    octal,
    `${a}.${b}.${c! * 256 + d!}`,
    mapped,
  ];
};

describe('the address policy', () => {
  it('knows every private IPv4 address, and in every spelling of a URL', async () => {
    await fc.assert(
      fc.asyncProperty(privateV4, async (parts) => {
        expect(addressProblem(dotted(parts))).toBeDefined();
        for (const host of spellings(parts))
          await expect(checkTarget(`http://${host}/`, options), host).rejects.toMatchObject({
            code: 'ADDRESS_REFUSED',
          });
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ...[
      '::1',
      '::',
      '::ffff:127.0.0.1',
      '::ffff:a00:1',
      '::127.0.0.1',
      'fc00::1',
      'fdff::1',
      'fe80::1',
      'ff02::1',
      '100::1',
    ],
    ...[
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:db8::1',
      '2001:0:1::1',
      '3fff::1',
      '5f00::1',
      'fe80::1%lo',
      'no address',
    ],
  ])('refuses %s', (address) => {
    expect(addressProblem(address)).toBeDefined();
  });

  it.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])(
    'lets %s pass',
    (address) => {
      expect(addressProblem(address)).toBeUndefined();
    },
  );

  it('refuses names that resolve to loopback, such as those of /etc/hosts', async () => {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n');
    const names = lines
      .flatMap((line) => (/^(?:127\.|::1)/.test(line) ? line.split(/\s+/).slice(1) : []))
      .filter(Boolean);
    for (const name of new Set(['localhost', 'LOCALHOST.', ...names]))
      await expect(checkedAddresses(name, 80, none), name).rejects.toThrow(Refusal);
  });

  it.each([
    'file:///etc/passwd',
    'chrome://version',
    'data:text/html,x',
    'view-source:http://1.1.1.1/',
    'ftp://1.1.1.1/',
    'javascript:1',
  ])('opens no %s', async (url) => {
    await expect(checkTarget(url, options)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
  });

  it('allows what the operator allowed, and nothing that looks like it', async () => {
    const allowed = new AllowedHosts(['127.0.0.1:8080', '*.corp.example', 'intranet', '[::1]', 'localhost']);
    expect(allowed.has('127.0.0.1', 8080)).toBe(true);
    expect(allowed.has('2130706433', 8080)).toBe(true);
    expect(allowed.has('127.0.0.1', 8081)).toBe(false);
    expect(allowed.has('wiki.CORP.example', 443)).toBe(true);
    expect(allowed.has('corp.example', 443)).toBe(false);
    expect(allowed.has('evilcorp.example', 443)).toBe(false);
    expect(allowed.has('intranet.', 80)).toBe(true);
    expect(allowed.has('::1', 80)).toBe(true);
    expect((await checkedAddresses('localhost', 80, allowed)).length).toBeGreaterThan(0);
    // A foreign name that resolves to an allowed address is not that address.
    await expect(checkedAddresses('localhost', 8080, new AllowedHosts(['127.0.0.1', '::1']))).rejects.toThrow(Refusal);
    expect(() => new AllowedHosts(['http://x/'])).toThrow('"http://x/" is not a host');
  });
});
