import { randomUUID } from 'node:crypto';

/** For a call to which the endpoint gave no id, or one that is taken. */
export const callId = (): string => `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
