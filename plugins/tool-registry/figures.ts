import type { Snapshot, ToolStatistics } from './api.ts';

/** How a tool did, as texts tell it. */
export interface Figure {
  readonly uses: number;
  /** Share of them that succeeded, and what it is at least, at 95 % confidence. */
  readonly share: number;
  readonly atLeast: number;
  readonly meanMs: number;
}
/** By tool id. Another object when anything in it is another. */
export type Figures = ReadonlyMap<string, Figure>;

interface Counting {
  of(tool: string): ToolStatistics | undefined;
}

/** What must change before a text does: prompts that begin with it are cached elsewhere. */
const USES_GROWN = 1.5;
const SHARE_MOVED = 0.05;
const TIME_MOVED = 1.5;

/** The figures that are shown now: they follow the statistics only when they have moved enough to matter. */
export class ShownFigures {
  readonly #minUses: number;
  #shown: Figures = new Map();
  #of: Snapshot['tools'] | undefined;

  constructor(minUses: number) {
    this.#minUses = minUses;
  }

  get shown(): Figures {
    return this.#shown;
  }

  /** For the text of these tools: where that is made anew anyway, what it says of uses may be new as well. */
  of(tools: Snapshot['tools'], statistics: Counting): Figures {
    if (this.#of !== tools) {
      this.#of = tools;
      this.renew(tools.keys(), statistics);
    }
    return this.#shown;
  }

  /** True where what is shown is another from now on. */
  renew(tools: Iterable<string>, statistics: Counting): boolean {
    const next = new Map<string, Figure>();
    let changed = false;
    for (const tool of tools) {
      const sums = statistics.of(tool);
      const now = sums && figureOf(sums);
      if (now === undefined || now.uses < this.#minUses) continue;
      const before = this.#shown.get(tool);
      const keeps = before !== undefined && !hasMoved(before, now);
      next.set(tool, keeps ? before : now);
      if (!keeps) changed = true;
    }
    if (!changed && next.size === this.#shown.size) return false;
    this.#shown = next;
    return true;
  }
}

/** `1,200, 93 % successful (at least 91 %), 0.4 s on average`. */
export function figuresText({ uses, share, atLeast, meanMs }: Figure): string {
  const took = meanMs < 1000 ? `${rounded(meanMs)} ms` : `${rounded(meanMs / 1000)} s`;
  return `${rounded(uses)}, ${percent(share)} successful (at least ${Math.floor(atLeast * 100)} %), ${took} on average`;
}

/** Calls that were called off say nothing of the tool. */
function figureOf({ calls, ok, cancelled, durationMsSum }: ToolStatistics): Figure {
  const uses = calls - cancelled;
  return { uses, share: uses === 0 ? 0 : ok / uses, atLeast: lowerBound(ok, uses), meanMs: durationMsSum / calls };
}

const hasMoved = (before: Figure, now: Figure): boolean =>
  now.uses >= before.uses * USES_GROWN ||
  now.uses < before.uses ||
  Math.abs(now.atLeast - before.atLeast) >= SHARE_MOVED ||
  Math.max(now.meanMs, before.meanMs) >= Math.max(1, Math.min(now.meanMs, before.meanMs)) * TIME_MOVED;

/** Wilson's score interval, its lower end at 95 %. */
function lowerBound(successes: number, uses: number): number {
  if (uses === 0) return 0;
  const z = 1.96;
  const share = successes / uses;
  const spread = z * Math.sqrt((share * (1 - share)) / uses + (z * z) / (4 * uses * uses));
  return Math.max(0, (share + (z * z) / (2 * uses) - spread) / (1 + (z * z) / uses));
}

/** Two digits that count. */
function rounded(value: number): string {
  const step = 10 ** Math.max(-1, Math.floor(Math.log10(Math.max(value, 0.1))) - 1);
  return Number((Math.round(value / step) * step).toFixed(1)).toLocaleString('en');
}
/** Never 100 % where one failed, nor 0 % where one succeeded. */
function percent(share: number): string {
  const whole = Math.round(share * 100);
  const honest = share < 1 && whole === 100 ? 99 : share > 0 && whole === 0 ? 1 : whole;
  return `${honest} %`;
}
