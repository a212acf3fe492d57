/** Beyond it the package's time grows with the square: seconds for a text of nothing but quotes. */
const LONGEST = 50_000;

/** JSON with mended commas, quotes and brackets; undefined where it cannot be, or is too long for it. */
export async function mended(text: string): Promise<{ readonly value: unknown } | undefined> {
  if (text.length > LONGEST) return undefined;
  const { jsonrepair } = await import('jsonrepair');
  try {
    return { value: JSON.parse(jsonrepair(text)) };
  } catch {
    return undefined;
  }
}
