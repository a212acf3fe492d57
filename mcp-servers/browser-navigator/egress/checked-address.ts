import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { addressProblem } from './addresses.ts';
import { type AllowedHosts, plainHost } from './allowed-hosts.ts';

export type CheckedAddress = { address: string; family: number };

/** A host that the policy forbids; `reason` is for the caller of the tool, never for the page. */
export class Refusal extends Error {
  readonly reason: string;

  constructor(host: string, reason: string) {
    super(`${host} is refused: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Resolves a host and checks what came of it. Whoever connects must use these addresses and not resolve again: the next
 * answer of the name server may be another. One bad address refuses the host, so that a retry cannot reach it.
 */
export async function checkedAddresses(host: string, port: number, allowed: AllowedHosts): Promise<CheckedAddress[]> {
  const plain = plainHost(host);
  const found = isIP(plain)
    ? [{ address: plain, family: isIP(plain) }]
    : await lookup(plain, { all: true, order: 'verbatim' });
  if (allowed.has(plain, port)) return found;
  for (const { address } of found) {
    const problem = addressProblem(address);
    if (problem === undefined) continue;
    throw new Refusal(
      plain,
      plain === address ? `the address is ${problem}` : `it resolves to ${address} (${problem})`,
    );
  }
  return found;
}
