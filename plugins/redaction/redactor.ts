import type { Redaction, RedactionLevel, Redactor } from './api.ts';
import type { RedactionConfig } from './config.ts';
import { RunRedaction } from './redaction.ts';
import { Scanner } from './scanner.ts';

/** Rules are compiled once for each level, and shared by all runs. */
export class TextRedactor implements Redactor {
  readonly #config: RedactionConfig;
  readonly #scanners = new Map<RedactionLevel, Scanner>();

  constructor(config: RedactionConfig) {
    this.#config = config;
  }

  open(level: RedactionLevel = this.#config.level): Redaction {
    let scanner = this.#scanners.get(level);
    if (scanner === undefined) {
      scanner = new Scanner(this.#config, level);
      this.#scanners.set(level, scanner);
    }
    return new RunRedaction(scanner, this.#config);
  }
}
