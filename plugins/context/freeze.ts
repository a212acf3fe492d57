import type { Message } from './message.ts';

/** Frozen to the bottom: a strategy that tries to change the history it was given fails at once, and harms nobody. */
export function freeze(message: Message): Message {
  freezeDeep(message);
  return message;
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeDeep(inner);
}
