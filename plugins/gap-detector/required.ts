import { Need } from './likeness.ts';
import type { Offered } from './offered.ts';
import { termsOf } from './terms.ts';

/** Of the words of a capability so much must be in a tool's name or description. */
const ENOUGH = 0.75;

export const asWords = (capability: string): string => capability.replace(/[_\-./]+/g, ' ').trim();

/** The tools that declare the capability; where none does, those whose text has the words of it. */
export function havingCapability<T extends Offered>(capability: string, tools: readonly T[]): readonly T[] {
  const wanted = plain(capability);
  const declare = tools.filter(({ tool }) => tool.capabilities?.some((each) => plain(each) === wanted));
  if (declare.length > 0) return declare;
  const need = new Need(termsOf(asWords(capability).toLowerCase(), true));
  return need.terms.total > 0 ? tools.filter((offered) => need.likeness(offered).covers >= ENOUGH) : [];
}

const plain = (capability: string): string => asWords(capability).toLowerCase();
