import { fault } from '#kernel';
import type { RowShape } from './api.ts';
import type { Shape } from './driver.ts';

/** `INSERT INTO table (a, b) VALUES (?, ?)`; `rows` for several at once. */
export const insertStatement = ({ table, columns }: Shape, rows = 1): string => {
  const group = `(${columns.map(() => '?').join(', ')})`;
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array<string>(rows).fill(group).join(', ')}`;
};

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const KNOWN_LIMIT = 1_000;

/** Table and column names go into the statement's text, so they are checked; once for each shape. */
export class Shapes {
  readonly #known = new Map<string, Shape>();
  readonly #ofRow = new WeakMap<RowShape, Shape>();

  get(table: string, columns: readonly string[]): Shape {
    const key = `${table} ${columns.join(' ')}`;
    let shape = this.#known.get(key);
    if (shape === undefined) {
      const wrong = [table, ...columns].find((name) => !NAME.test(name));
      if (wrong !== undefined || columns.length === 0)
        throw fault('STORAGE_NAME', `${JSON.stringify(wrong ?? '')} is no name for a table or column`, {
          kind: 'invalid',
          hint: 'letters, digits and _, at most 63, not beginning with a digit',
        });
      shape = { table, columns: [...columns] };
      if (this.#known.size >= KNOWN_LIMIT) this.#known.clear();
      this.#known.set(key, shape);
    }
    return shape;
  }

  /** Callers keep the description of their row, so it is read once. */
  of(row: RowShape): Shape {
    let shape = this.#ofRow.get(row);
    if (shape === undefined) {
      shape = this.get(row.table, row.columns);
      this.#ofRow.set(row, shape);
    }
    return shape;
  }
}
