import { atLeast, atMost, type Counted } from '#plugins/trajectory-archive/api';

/** Rounded so that nothing is promised: down where it is at least, up where it is at most. */
export const leastPercent = (counted: Counted): string => `${Math.floor(atLeast(counted) * 100)} %`;
export const mostPercent = (counted: Counted): string => `${Math.ceil(atMost(counted) * 100)} %`;
export const ofUses = ({ uses, successes }: Counted): string => `${successes} of ${uses}`;
