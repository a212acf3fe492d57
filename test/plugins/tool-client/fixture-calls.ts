/** What the tools of `plane-fixtures` did in this process, and how to let the one that holds go on. */
export const fixtureCalls = {
  runs: new Map<string, number>(),
  aborted: 0,
  waiting: new Set<() => void>(),

  ran(id: unknown): number {
    const runs = (this.runs.get(String(id)) ?? 0) + 1;
    this.runs.set(String(id), runs);
    return runs;
  },
  release(): void {
    for (const go of this.waiting) go();
    this.waiting.clear();
  },
};
