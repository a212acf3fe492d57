import { randomUUID } from 'node:crypto';
import type { Reading, TagClock } from './clock.ts';

/** What of a Redis client is needed here. */
export interface RedisCommands {
  hmGet(key: string, fields: string[]): Promise<(string | null)[]>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** Whose database it is cannot be known when the hash was lost while others were connected. ARGV: a new epoch. */
const BEGIN = `if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'ticks', 0, 'database', 'several')
end`;
/** ARGV: a new epoch, the database of who connects. */
const REGISTER = `if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'ticks', 0, 'database', ARGV[2])
elseif redis.call('HGET', KEYS[1], 'database') ~= ARGV[2] then
  redis.call('HSET', KEYS[1], 'database', 'several')
end`;
/** ARGV: a new epoch, most fields, the fields of the tags. */
const BUMP = `${BEGIN}
if redis.call('HLEN', KEYS[1]) + #ARGV > tonumber(ARGV[2]) then
  local kept = redis.call('HMGET', KEYS[1], 'ticks', 'database')
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'ticks', kept[1], 'database', kept[2])
end
local tick = redis.call('HINCRBY', KEYS[1], 'ticks', 1)
for n = 3, #ARGV do redis.call('HSET', KEYS[1], ARGV[n], tick) end`;

interface RedisClockParts {
  readonly commands: RedisCommands;
  readonly key: string;
  readonly maxTags: number;
  /** Which database this process works with. */
  readonly database: string;
}

/**
 * The clock of everybody who shares this Redis, in one hash: what evicts it, evicts it whole, and a new epoch begins. The
 * epoch is of one run of the server: one that comes back may have lost what it was told last, or all.
 */
export class RedisClock implements TagClock {
  readonly #parts: RedisClockParts;
  #run = '';

  constructor(parts: RedisClockParts) {
    this.#parts = parts;
  }

  /** Connected to this run of the server. */
  async open(run: string): Promise<void> {
    this.#run = run;
    await this.#eval(REGISTER, [this.#parts.database]);
  }

  async read(tags: readonly string[]): Promise<Reading> {
    const run = this.#run;
    const { commands, key } = this.#parts;
    const fields = ['epoch', 'ticks', 'database', ...tags.map(fieldOf)];
    let [epoch, ticks, database, ...found] = await commands.hmGet(key, fields);
    if (epoch == null) {
      await this.#eval(BEGIN);
      [epoch, ticks, database, ...found] = await commands.hmGet(key, fields);
    }
    const newest = Math.max(0, ...found.map((tick) => Number(tick ?? 0)));
    return { epoch: `${run}/${epoch}`, ticks: Number(ticks), newest, database: database ?? undefined };
  }

  async bump(tags: readonly string[]): Promise<void> {
    await this.#eval(BUMP, [String(this.#parts.maxTags), ...tags.map(fieldOf)]);
  }

  async #eval(script: string, given: readonly string[] = []): Promise<void> {
    const { commands, key } = this.#parts;
    await commands.eval(script, { keys: [key], arguments: [randomUUID(), ...given] });
  }
}

const fieldOf = (tag: string): string => `tag:${tag}`;
