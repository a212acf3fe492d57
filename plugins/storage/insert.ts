import { fault } from '#kernel';
import type { Shape } from './driver.ts';

const texts = new WeakMap<Shape, string>();

/** `INSERT INTO table (a, b) VALUES (?, ?)` for one row of this shape; `rows` for several at once. */
export function insertStatement(shape: Shape, rows = 1): string {
  if (rows > 1) return `${head(shape)}${Array<string>(rows).fill(group(shape)).join(', ')}`;
  let text = texts.get(shape);
  if (text === undefined) {
    text = head(shape) + group(shape);
    texts.set(shape, text);
  }
  return text;
}

const head = ({ table, columns }: Shape): string => `INSERT INTO ${table} (${columns.join(', ')}) VALUES `;
const group = ({ columns }: Shape): string => `(${columns.map(() => '?').join(', ')})`;

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const KNOWN_LIMIT = 1_000;

/** Table and column names go into the statement's text, so they are checked; once for each shape. */
export class Shapes {
  readonly #known = new Map<string, Shape>();

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
      shape = { table, columns };
      if (this.#known.size >= KNOWN_LIMIT) this.#known.clear();
      this.#known.set(key, shape);
    }
    return shape;
  }
}
