import type { StoredJob } from './job-store.ts';

/**
 * BullMQ has its keys as PREFIX:QUEUE:ID beside PREFIX:QUEUE:wait and the like, refuses ids that are integers, and `:` in
 * names. `=` in front keeps ids apart from both.
 */
const escaped = (name: string): string => name.replaceAll('%', '%25').replaceAll(':', '%3A');
const plain = (name: string): string => name.replaceAll('%3A', ':').replaceAll('%25', '%');

export const queueNameOf = (lane: string): string => escaped(lane);
export const laneOf = (queueName: string): string => plain(queueName);
export const bullIdOf = (id: string): string => `=${escaped(id)}`;
export const idOf = (bullId: string): string => (bullId.startsWith('=') ? plain(bullId.slice(1)) : bullId);

const MIDDLE = 2 ** 20;
/** BullMQ counts the other way round, from 1 to 2^21; what is beyond is as high, or low, as can be. */
export const bullPriorityOf = ({ priority }: StoredJob): number => Math.min(2 * MIDDLE, Math.max(1, MIDDLE - priority));
