/** Every record that was seen is imported, a duplicate, or in quarantine. */
export class Counts {
  seen = 0;
  imported = 0;
  duplicate = 0;
  quarantined = 0;
  readonly #waiting = new Map<string, number>();
  /** Bytes of records that are not finished yet. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Of one file, as it was read last. */
  waits(file: string, bytes: number): void {
    if (bytes === 0) this.#waiting.delete(file);
    else this.#waiting.set(file, bytes);
  }

  readonly refused: { readonly file: string; readonly reason: string }[] = [];
}
