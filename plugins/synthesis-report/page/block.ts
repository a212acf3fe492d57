/** What a page is made of, whatever it is written in. */
export type Block =
  | { readonly type: 'title' | 'heading' | 'text'; readonly text: string }
  | { readonly type: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
  | { readonly type: 'bars'; readonly title: string; readonly bars: readonly Bar[]; readonly unit: string }
  | { readonly type: 'facts'; readonly facts: readonly (readonly [name: string, value: Cell])[] }
  | { readonly type: 'quote'; readonly title: string; readonly text: string; readonly notes: readonly string[] };
export type Cell = string | number;
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Told beside it, such as a share. */
  readonly note?: string;
}

export const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

export const counted = (number: number, one: string, more = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : more}`;

/** The most frequent first; names in order where they are equally frequent. */
export function tally<T>(items: readonly T[], nameOf: (item: T) => string): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}
