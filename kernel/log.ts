import { fault, isFault, nearest, reason } from './errors.ts';
import { didYouMean } from './problem.ts';
import { MASK } from './schema.ts';

/** A log line is an event sentence with fields. One line per start, stop, swap, refusal; none per message. */
export type LogFields = Readonly<Record<string, unknown>>;
export interface Log {
  debug(sentence: string, fields?: LogFields): void;
  info(sentence: string, fields?: LogFields): void;
  warn(sentence: string, fields?: LogFields): void;
  error(sentence: string, fields?: LogFields): void;
}

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

export interface LogOptions {
  readonly level: Level;
  /** People read aligned sentences, machines one JSON object a line. */
  readonly pretty: boolean;
  readonly write: (line: string) => void;
}

/** Shorter values are not hidden: they would black out ordinary words. */
const SHORTEST_SECRET = 4;

/** Where all lines of a kernel go. Knows the secret values, and lets none of them out. */
export class LogSink {
  readonly #options: LogOptions;
  readonly #secrets = new Set<string>();
  #lowest: number;
  constructor(options: LogOptions) {
    this.#options = options;
    this.#lowest = LEVELS.indexOf(options.level);
  }

  /** Lines below this level are dropped from now on. */
  set level(level: Level) {
    this.#lowest = LEVELS.indexOf(level);
  }

  hide(values: Iterable<string>): void {
    for (const value of values)
      if (value.length >= SHORTEST_SECRET) this.#secrets.add(value).add(JSON.stringify(value).slice(1, -1));
  }

  mask(text: string): string {
    let masked = text;
    for (const value of this.#secrets) if (masked.includes(value)) masked = masked.replaceAll(value, MASK);
    return masked;
  }

  log(plugin?: string): Log {
    const at = (level: Level) => {
      const rank = LEVELS.indexOf(level);
      return (sentence: string, fields?: LogFields) => {
        if (rank >= this.#lowest) this.#line(level, plugin, sentence, fields);
      };
    };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  #line(level: Level, plugin: string | undefined, sentence: string, fields: LogFields = {}): void {
    const time = new Date().toISOString();
    const { pretty, write } = this.#options;
    const own = { time, level, ...(plugin === undefined ? {} : { plugin }), msg: sentence };
    const line = pretty
      ? `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${plugin === undefined ? '' : `${plugin}: `}${sentence}${Object.entries(
          fields,
        )
          .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : toJson(value)}`)
          .join('')}`
      : toJson({ ...own, ...fields, ...own });
    write(this.mask(line));
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, replacer) ?? 'undefined';
  } catch (error) {
    return JSON.stringify({ unloggable: reason(error) });
  }
}

function replacer(_key: string, value: unknown): unknown {
  if (value instanceof Error) return isFault(value) ? `${value.code}: ${reason(value)}` : reason(value);
  return typeof value === 'bigint' ? String(value) : value;
}

/** The level that `LOG_LEVEL` names. Fault `LOG_LEVEL_UNKNOWN` (`invalid`). */
export function levelFrom(text = ''): Level {
  const level = text === '' ? 'info' : LEVELS.find((each) => each === text.toLowerCase());
  if (level !== undefined) return level;
  const meant = didYouMean(nearest(text.toLowerCase(), LEVELS));
  const what = `LOG_LEVEL is "${text}"; it may be ${LEVELS.join(', ')}${meant ? `; ${meant}` : ''}`;
  throw fault('LOG_LEVEL_UNKNOWN', what, { kind: 'invalid', alternatives: LEVELS });
}
