export interface AdaptiveOptions {
  /** Never more than this. */
  readonly most: number;
  /** How many at once it begins with. */
  readonly start: number;
  /** Calls (or seconds, where calls are slow) between a ceiling that was met and its first trial; twice as many each time. */
  readonly probeCalls: number;
  readonly maxProbeCalls: number;
  /** Pause where even one at a time is too many; twice as long each time. */
  readonly restMs: number;
  readonly maxRestMs: number;
  readonly onChange?: ((limit: number) => void) | undefined;
  readonly now?: () => number;
}

/** One call under way. */
export interface Call {
  readonly serial: number;
}

const DECREASE = 0.7;

/**
 * How many calls at once the other side takes, found by additive increase and multiplicative decrease (RFC 5681 has the
 * idea). It doubles with each round trip until the first refusal, then grows by one. A number that is refused twice before
 * it was proven is a ceiling: it goes back to what was proven, stays below, and tries the ceiling ever more rarely. A
 * refusal of what had been proven takes three tenths off: there is less room than before.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveOptions;
  readonly #now: () => number;
  #limit: number;
  #inFlight = 0;
  #serial = 0;
  /** Calls begun before the last decrease say nothing about what came after it. */
  #decreasedAt = 0;
  /** Most at once since the last change. */
  #peak = 0;
  /** As many calls as may be, under way at the same time: all those up to this serial. None of them refused proves the limit. */
  #roundUpTo = -1;
  #roundLeft = 0;
  #roundWell = 0;
  #proven = 0;
  #ceiling = Number.POSITIVE_INFINITY;
  /** Refused once: it may have had another cause. A second refusal makes it a ceiling. */
  #suspect = 0;
  #isStarting = true;
  #gap: number;
  #sinceTrial = 0;
  #trialAt: number;
  #refusedAlone = 0;
  #restsUntil = 0;

  constructor(options: AdaptiveOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#limit = Math.min(options.start, options.most);
    this.#gap = options.probeCalls;
    this.#trialAt = this.#now();
  }

  get limit(): number {
    return this.#limit;
  }
  /** How many more may begin now. */
  get room(): number {
    return this.restsUntil > this.#now() ? 0 : Math.max(0, this.#limit - this.#inFlight);
  }
  get restsUntil(): number {
    return this.#restsUntil;
  }

  begin(): Call {
    this.#inFlight++;
    this.#peak = Math.max(this.#peak, this.#inFlight);
    const serial = this.#serial++;
    if (this.#inFlight === this.#limit && this.#roundLeft === 0) {
      this.#roundUpTo = serial;
      this.#roundLeft = this.#limit;
      this.#roundWell = 0;
    }
    return { serial };
  }

  /** `unknown`: it says nothing about how many are too many. */
  end({ serial }: Call, how: 'well' | 'overloaded' | 'unknown'): void {
    this.#inFlight--;
    if (how === 'overloaded' && serial >= this.#decreasedAt) return this.#refused();
    if (how === 'well') {
      this.#refusedAlone = 0;
      this.#sinceTrial++;
    }
    if (this.#roundLeft === 0 || serial > this.#roundUpTo) return;
    if (how === 'well') this.#roundWell++;
    if (--this.#roundLeft === 0 && this.#roundWell * 2 >= this.#limit) this.#prove();
  }

  #prove(): void {
    this.#proven = Math.max(this.#proven, this.#limit);
    if (this.#limit >= this.#ceiling) this.#forgetCeiling();
    const next = this.#isStarting ? this.#limit * 2 : this.#limit + 1;
    if (next < this.#ceiling || this.#mayTry()) this.#become(next);
  }

  #mayTry(): boolean {
    if (this.#sinceTrial < this.#gap && this.#now() - this.#trialAt < this.#gap * 1_000) return false;
    this.#beginGap();
    return true;
  }

  #refused(): void {
    this.#isStarting = false;
    this.#decreasedAt = this.#serial;
    if (this.#limit === 1) this.#rest();
    const met = Math.min(this.#limit, this.#peak);
    const less = Math.max(1, Math.floor(met * DECREASE));
    if (this.#limit <= this.#proven) {
      this.#proven = less;
      return this.#become(less);
    }
    // The ceiling that is tried is the one that was met: the next trial is later.
    if (met >= this.#ceiling) this.#gap = Math.min(this.#gap * 2, this.#options.maxProbeCalls);
    if (met >= this.#ceiling || met === this.#suspect) this.#ceiling = Math.max(2, met);
    this.#suspect = met;
    this.#beginGap();
    this.#become(Math.max(less, Math.min(this.#proven, met - 1)));
  }

  #rest(): void {
    const { restMs, maxRestMs } = this.#options;
    this.#restsUntil = this.#now() + Math.min(maxRestMs, restMs * 2 ** this.#refusedAlone++);
  }

  #forgetCeiling(): void {
    this.#ceiling = Number.POSITIVE_INFINITY;
    this.#gap = this.#options.probeCalls;
  }

  #beginGap(): void {
    this.#sinceTrial = 0;
    this.#trialAt = this.#now();
  }

  #become(next: number): void {
    const limit = Math.min(next, this.#options.most);
    this.#peak = 0;
    this.#roundLeft = 0;
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#options.onChange?.(limit);
  }
}
