/** Random numbers that are the same for the same seed. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** mulberry32: below 1. */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  upTo(most: number): number {
    return Math.floor(this.roll() * most);
  }
  of<T>(choices: readonly T[]): T {
    return choices[this.upTo(choices.length)]!;
  }
  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: 1 + this.upTo(most) }, () => this.upTo(256)));
  }
}
