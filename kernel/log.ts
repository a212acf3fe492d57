/** A log line is an event sentence with fields. One line per start, stop, swap, refusal; none per message. */
export type LogFields = Readonly<Record<string, unknown>>;
export interface Log {
  debug(sentence: string, fields?: LogFields): void;
  info(sentence: string, fields?: LogFields): void;
  warn(sentence: string, fields?: LogFields): void;
  error(sentence: string, fields?: LogFields): void;
}
