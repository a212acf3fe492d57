import type { AgentEvent } from './api.ts';

/** An event before it is told whose and when. */
export type EventBody = AgentEvent extends infer E ? (E extends AgentEvent ? Omit<E, 'run' | 'at'> : never) : never;
export type Emit = (event: EventBody) => void;
