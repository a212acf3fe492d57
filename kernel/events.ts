/**
 * Typed events inside the process. `publish` returns at once; subscribers of one topic are called in the order in
 * which they subscribed, each event after the one before it. A subscriber that throws, or whose promise is slow or
 * rejects, delays and harms nobody: the failure is logged with the topic and the subscriber's plugin.
 */
declare const payloadType: unique symbol;
export interface Topic<T> {
  readonly name: string;
  readonly [payloadType]?: T;
}
/** Topics are named `noun.past`, e.g. `tool.installed`. */
export const topic = <T>(name: string): Topic<T> => ({ name });

export interface Events {
  publish<T>(to: Topic<T>, payload: T): void;
  /** The undo unsubscribes. A plugin's subscriptions end with it in any case. */
  subscribe<T>(to: Topic<T>, listener: (payload: T) => void | Promise<void>): () => void;
}
