import { Need } from './likeness.ts';
import type { Offered } from './offered.ts';
import { termsOf } from './terms.ts';

/** Of the words of a capability so much must be in a tool's name or description. */
const ENOUGH = 0.75;

export const asWords = (capability: string): string => capability.replace(/[_\-./]+/g, ' ').trim();

/** A tool declares the capability, or its text has the words of it. */
export function hasCapability(capability: string, tools: readonly Offered[]): boolean {
  const wanted = plain(capability);
  if (tools.some(({ tool }) => tool.capabilities?.some((each) => plain(each) === wanted))) return true;
  const need = new Need(termsOf(asWords(capability).toLowerCase(), true));
  return need.terms.total > 0 && tools.some((offered) => need.likeness(offered).covers >= ENOUGH);
}

const plain = (capability: string): string => asWords(capability).toLowerCase();
