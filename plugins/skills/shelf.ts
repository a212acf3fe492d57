import { type Log, reason } from '#kernel';
import type { SkillDiagnostic } from './api.ts';
import { type Catalog, catalogOf, NO_CATALOG } from './catalog.ts';
import type { SkillsConfig } from './config.ts';
import { Kept } from './scan/kept.ts';
import { type Root, rootsOf } from './scan/roots.ts';
import { type ScopedReading, scan } from './scan/scan.ts';
import { FolderWatch } from './scan/watch.ts';
import type { TrustFile } from './trust.ts';

/** A start does not wait longer for files that are being written. */
const START_LOOKS = 10;

/** The catalog that is in force: replaced in one step after each look at the folders, and looked at again when they change. */
export class Shelf {
  readonly #config: SkillsConfig;
  readonly #roots: readonly Root[];
  readonly #trust: TrustFile;
  readonly #log: Log;
  readonly #kept: Kept;
  readonly #watch: FolderWatch;
  readonly #replaced: (catalog: Catalog) => void;
  #seen: ReadonlyMap<string, ScopedReading> = new Map();
  #catalog: Catalog = NO_CATALOG;
  #turn: Promise<unknown> = Promise.resolve();
  #soon: NodeJS.Timeout | undefined;
  #rescan: NodeJS.Timeout | undefined;
  #isWatching = false;
  /** Where the next look has to look; undefined: everywhere. */
  #changed: Set<string> | undefined;
  #problems: readonly SkillDiagnostic[] = [];

  constructor(config: SkillsConfig, trust: TrustFile, log: Log, replaced: (catalog: Catalog) => void) {
    this.#config = config;
    this.#roots = rootsOf(config);
    this.#trust = trust;
    this.#log = log;
    this.#replaced = replaced;
    this.#kept = new Kept(config.watch.settleMs);
    this.#watch = new FolderWatch((folder) => {
      this.#changed?.add(folder);
      this.#lookSoon();
    }, log);
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  async start(signal: AbortSignal): Promise<void> {
    const { settleMs, rescanMs } = this.#config.watch;
    this.#isWatching = true;
    for (let look = 0; (await this.look()).size > 0 && look < START_LOOKS && !signal.aborted; look++)
      await new Promise((done) => setTimeout(done, settleMs / 2));
    if (rescanMs > 0) this.#rescan = setInterval(() => this.#lookSoon(true), rescanMs).unref();
  }

  async stop(): Promise<void> {
    this.#isWatching = false;
    clearTimeout(this.#soon);
    clearInterval(this.#rescan);
    this.#watch.close();
    await this.#turn;
    this.#watch.close();
  }

  /**
   * Looks at the folders now, after a look that is under way. `sure` is a folder that is whole, or gone for good. Gives the
   * skills that may be half-written, and are looked at again.
   */
  look(sure?: string): Promise<ReadonlySet<string>> {
    if (sure !== undefined) this.#changed = undefined;
    const work = this.#turn.then(() => this.#look(sure));
    this.#turn = work.catch((error: unknown) =>
      this.#log.error('The folders of skills cannot be looked at: the catalog stays.', { reason: reason(error) }),
    );
    return work;
  }

  /** Trust changed, the files did not. */
  rebuild(): void {
    this.#replace(catalogOf(this.#kept.readings.values(), this.#trust, this.#config, this.#problems));
  }

  async #look(sure?: string): Promise<ReadonlySet<string>> {
    const changed = this.#changed;
    this.#changed = this.#config.watch.events ? new Set() : undefined;
    try {
      const scanned = await scan(this.#roots, this.#config, this.#seen, changed);
      this.#seen = scanned.readings;
      const { readings, problems, unsettled } = this.#kept.take(scanned, sure);
      this.#problems = problems;
      this.#replace(catalogOf(readings.values(), this.#trust, this.#config, problems));
      const top = this.#roots.map(({ folder }) => folder);
      const isFollowing = this.#isWatching && this.#config.watch.events;
      const opened = isFollowing ? await this.#watch.follow(scanned.folders, top) : [];
      for (const folder of [...opened, ...unsettled]) this.#changed?.add(folder);
      if (opened.length > 0 || unsettled.size > 0) this.#lookSoon();
      return unsettled;
    } catch (error) {
      this.#changed = undefined;
      throw error;
    }
  }

  #replace(catalog: Catalog): void {
    this.#catalog = catalog;
    this.#replaced(catalog);
  }

  /** Not put off by what changes all the time. */
  #lookSoon(everywhere = false): void {
    if (everywhere) this.#changed = undefined;
    if (this.#soon !== undefined || !this.#isWatching) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      void this.look().catch(() => {});
    }, this.#config.watch.settleMs).unref();
  }
}
