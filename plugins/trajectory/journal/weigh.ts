const MOST_VALUES = 300;
const VALUE = 16;

/** About what plain data takes in memory, in bytes. Quick rather than exact: of many small values it looks at the first. */
export function weigh(data: object): number {
  let weight = 200;
  let left = MOST_VALUES;
  const waiting: object[] = [data];
  for (let next = waiting.pop(); next !== undefined && left > 0; next = waiting.pop()) {
    for (const key in next) {
      const value = (next as Record<string, unknown>)[key];
      weight += VALUE;
      if (typeof value === 'string') weight += value.length;
      else if (typeof value === 'object' && value !== null) waiting.push(value);
      if (--left === 0) break;
    }
  }
  return weight;
}
