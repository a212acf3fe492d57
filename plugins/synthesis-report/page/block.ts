/** What a page is made of, whatever it is written in. */
export type Block =
  | { readonly type: 'title' | 'heading' | 'text'; readonly text: string }
  | { readonly type: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
  | {
      readonly type: 'bars';
      readonly title: string;
      readonly bars: readonly Bar[];
      readonly unit: string;
      /** What the pale end of a bar means. */
      readonly pale?: string;
    }
  | { readonly type: 'facts'; readonly facts: readonly Fact[] }
  | { readonly type: 'quote'; readonly title: string; readonly text: string; readonly notes: readonly string[] };
export type Cell = string | number;
export type Fact = readonly [name: string, value: Cell];
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** How much of the value is drawn pale. */
  readonly pale?: number;
  /** Told beside it, such as a share. */
  readonly note?: string;
}

export const percent = (share: number): string => `${Math.round(share * 1_000) / 10}\u00a0%`;

export const counted = (number: number, one: string, more = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : more}`;

/** `18 of 33 (54.5 %)`, of the runs that were judged. */
export const share = (successes: number, judged: number): string =>
  judged === 0 ? 'none judged' : `${successes} of ${judged} (${percent(successes / judged)})`;

/** Says what a table leaves out. */
export const more = (left: number, one: string, many = `${one}s`): readonly Block[] =>
  left > 0 ? [{ type: 'text', text: `And ${counted(left, `more ${one}`, `more ${many}`)}.` }] : [];

export const shortened = (text: string, most: number): string => {
  const signs = [...text];
  return signs.length > most ? `${signs.slice(0, most - 1).join('')}…` : text;
};

/** The most frequent first; names in order where they are equally frequent. */
export function tally<T>(items: readonly T[], nameOf: (item: T) => string): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}
