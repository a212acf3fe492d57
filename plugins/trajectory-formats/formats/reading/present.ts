type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The members that have a value; those without are left out. */
export function present<const T extends object>(members: T): Present<T> {
  // Called for every message of every record: twice as fast as by way of entries.
  const kept: { [name: string]: unknown } = {};
  for (const name in members) if (members[name] !== undefined) kept[name] = members[name];
  return kept as unknown as Present<T>;
}
