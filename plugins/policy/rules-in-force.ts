import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isFault, type Log, readData, reason, type Undo } from '#kernel';
import type { PolicyConfig } from './config.ts';
import { type Rules, rulesFile } from './rules-file.ts';

/** An editor may empty the file before it writes it. */
const SETTLE_MS = 50;
/** A file of its own that is missed for so long is gone. */
const GONE_MS = 3_000;
/** The rules that come with the project. */
const SHIPPED = fileURLToPath(new URL('../../config/policy.yaml', import.meta.url));

/** The rules of the last good reading. A file with a mistake changes nothing; without any good one nothing is allowed. */
export class RulesInForce {
  readonly #config: PolicyConfig;
  readonly #log: Log;
  readonly #own: string;
  #rules: Rules = rulesFile.parse({
    rules: [{ name: 'no rules', verdict: 'deny' }],
    permissions: [{ name: 'no rules', tool: '*', verdict: 'deny' }],
  });
  #read: { readonly file: string; readonly text: string } | undefined;
  /** Whether what was read last is in force. */
  #applied = false;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  /** Of the file before it was read: an edit in the same moment is another one. */
  #stamp = '';
  #goneSince: number | undefined;

  constructor(config: PolicyConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#own = path.resolve(config.file);
  }

  get rules(): Rules {
    return this.#rules;
  }
  /** Where to change them. */
  get file(): string {
    return this.#config.file;
  }
  get problem(): string | undefined {
    return this.#problem;
  }

  /** One reading at a time. Never rejects. */
  load(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#load());
    return this.#reading;
  }

  /** By looking, not by the system's events: those say nothing of a file on a mount, or in a folder that comes later. */
  watch(): Undo {
    if (this.#config.watchMs === 0) return () => {};
    let isLooking = false;
    const look = async (): Promise<void> => {
      if (isLooking || (await stampOf(this.#own)) === this.#stamp) return;
      isLooking = true;
      await sleep(SETTLE_MS);
      await this.load();
      isLooking = false;
    };
    const looking = setInterval(() => void look(), this.#config.watchMs).unref();
    return () => clearInterval(looking);
  }

  /** An editor or a mount may take it away for a moment, and the shipped rules may allow what it forbids. */
  #isGoneForAMoment(file: string): boolean {
    if (file === this.#own || this.#read?.file !== this.#own) {
      this.#goneSince = undefined;
      return false;
    }
    this.#goneSince ??= Date.now();
    this.#stamp = ''; // to be looked at again
    return Date.now() - this.#goneSince < GONE_MS;
  }

  async #load(): Promise<void> {
    this.#stamp = await stampOf(this.#own);
    try {
      const file = (await exists(this.#own)) ? this.#own : SHIPPED;
      if (this.#isGoneForAMoment(file)) return;
      const { size } = await stat(file);
      if (size > this.#config.fileKb * 1_024) throw new Error(`it is larger than ${this.#config.fileKb} KiB`);
      const text = await readFile(file, 'utf8');
      if (this.#read?.file === file && this.#read.text === text) {
        if (this.#applied) this.#problem = undefined;
        return;
      }
      this.#applied = false;
      this.#read = { file, text };
      this.#rules = readData(text, file === this.#own ? this.#config.file : SHIPPED, rulesFile);
      this.#problem = undefined;
      this.#applied = true;
      this.#log.info('Policy rules applied.', { file, rules: this.#rules.rules.length });
    } catch (error) {
      const why = isFault(error) ? error.message.replaceAll('\n', '; ') : `${this.#config.file}: ${reason(error)}`;
      if (why === this.#problem) return;
      this.#problem = why;
      this.#log.error(`POLICY_FILE_INVALID: the rules before stay in force: ${why}`);
    }
  }
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );

/** Another one after every edit; the same while there is no file. */
const stampOf = (file: string): Promise<string> =>
  stat(file).then(
    ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
    (error: NodeJS.ErrnoException) => error.code ?? 'unreadable',
  );
