import type { Message, Part, ToolPart } from '../message.ts';

const UNANSWERED = 'interrupted: this call has no result. It may have taken effect or not.';

/** The history with an answer to every call, as providers want it; itself where nothing is missing. */
export function answerable(messages: readonly Message[], output = UNANSWERED): readonly Message[] {
  if (!messages.some(({ parts }) => parts.some(isPending))) return messages;
  const answer = (part: Part): Part => (isPending(part) ? { ...part, state: 'error', output } : part);
  return messages.map((message) =>
    message.parts.some(isPending) ? { ...message, parts: message.parts.map(answer) } : message,
  );
}

const isPending = (part: Part): part is ToolPart => part.type === 'tool' && part.state === 'pending';
