/** What became of records. */
export class Counts {
  imported = 0;
  duplicate = 0;
  quarantined = 0;
  readonly #waiting = new Map<string, number>();
  readonly #refused = new Map<string, string>();

  /** Every record is imported, a duplicate, or in quarantine; one that is on its way counts when it has arrived. */
  get seen(): number {
    return this.imported + this.duplicate + this.quarantined;
  }

  /** Bytes of records that are not finished yet. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Of one file, as it was read last. */
  waits(file: string, bytes: number): void {
    if (bytes === 0) this.#waiting.delete(file);
    else this.#waiting.set(file, bytes);
  }

  /** Holds no trajectories, or cannot be read; as it was found last. */
  refuses(file: string, reason: string): void {
    this.#refused.set(file, reason);
  }

  /** It holds some now: it may have been empty when it was looked at first. */
  takes(file: string): void {
    this.#refused.delete(file);
  }

  get refused(): readonly { readonly file: string; readonly reason: string }[] {
    return [...this.#refused].map(([file, reason]) => ({ file, reason }));
  }
}
