import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readData } from '#kernel';

const MOST_BYTES = 1_048_576;
/** What comes with the project. */
const SHIPPED = fileURLToPath(new URL('../../../config/prices.yaml', import.meta.url));

const usd = z.number().min(0).max(1_000_000);
const price = z.strictObject({
  input: usd.describe('US dollars for a million tokens of input'),
  output: usd.describe('the same for output, reasoning included'),
  cacheRead: usd.optional().describe('for input that is read from the cache; left out: as input'),
  cacheWrite: usd.optional().describe('for input that is written to the cache; left out: as input'),
});
export type Price = z.output<typeof price>;

export const pricesFile = z.strictObject({
  models: z
    .record(z.string().min(1).max(200), price)
    .default({})
    .describe('by name of the model, with * for any text; the longest that fits counts'),
});
export type Prices = z.output<typeof pricesFile>['models'];

/** Rejects with DATA_FILE_INVALID, or what the system says, where there is a file and it cannot be read. */
export async function readPrices(file: string): Promise<Prices> {
  const own = path.resolve(file);
  const found = await stat(own).catch(() => undefined);
  const place = found === undefined ? SHIPPED : own;
  if ((found?.size ?? 0) > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES} bytes`);
  return readData(await readFile(place, 'utf8'), found === undefined ? SHIPPED : file, pricesFile).models;
}
