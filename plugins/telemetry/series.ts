import { fault } from '#kernel';

/** Label value of everything beyond the limit. */
const OVERFLOW = 'other';

type Branch<Cell> = Map<string, Branch<Cell> | Cell>;

/**
 * What one metric holds, a cell for each combination of label values. A tree, because looking up three strings that
 * remember their hash costs less than joining them into one that does not.
 */
export class Series<Cell extends object> {
  readonly labelNames: readonly string[];
  /** Asked at each new combination, so that the limit may change while the metric lives. */
  readonly #mayGrow: (count: number) => boolean;
  readonly #create: () => Cell;
  readonly #cells = new Map<readonly string[], Cell>();
  #root: Branch<Cell> | Cell;
  #overflow: Cell | undefined;

  constructor(labelNames: readonly string[], create: () => Cell, mayGrow: (count: number) => boolean) {
    this.labelNames = labelNames;
    this.#create = create;
    this.#mayGrow = mayGrow;
    this.#root = new Map();
    if (labelNames.length === 0) this.#root = this.#keep([]);
  }

  at(values: readonly string[]): Cell {
    const { length } = this.labelNames;
    if (values.length !== length)
      throw fault('TELEMETRY_LABELS', `${values.length} label values were given, the metric has ${length}`, {
        kind: 'invalid',
        hint: `give one each for: ${this.labelNames.join(', ') || 'none'}`,
      });
    let node: Branch<Cell> | Cell | undefined = this.#root;
    for (let index = 0; index < length; index += 1) {
      node = (node as Branch<Cell>).get(values[index]!);
      if (node === undefined) return this.#add(values);
    }
    return node as Cell;
  }

  *[Symbol.iterator](): Iterator<readonly [labels: Readonly<Record<string, string>>, cell: Cell]> {
    for (const [values, cell] of this.#cells)
      yield [Object.fromEntries(this.labelNames.map((name, index) => [name, values[index]!])), cell];
  }

  #add(values: readonly string[]): Cell {
    if (!this.#mayGrow(this.#cells.size)) {
      this.#overflow ??= this.#keep(values.map(() => OVERFLOW));
      return this.#overflow;
    }
    const own = values.map(String);
    const cell = this.#keep(own);
    let branch = this.#root as Branch<Cell>;
    for (const value of own.slice(0, -1)) {
      let next = branch.get(value) as Branch<Cell> | undefined;
      if (next === undefined) {
        next = new Map();
        branch.set(value, next);
      }
      branch = next;
    }
    branch.set(own.at(-1)!, cell);
    return cell;
  }

  #keep(values: readonly string[]): Cell {
    const cell = this.#create();
    this.#cells.set(values, cell);
    return cell;
  }
}
