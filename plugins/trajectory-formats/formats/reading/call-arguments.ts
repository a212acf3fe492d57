import { parseExact } from '../../exact-json.ts';
import { isObject, type JsonObject } from './members.ts';

/** Arguments of a call: an object, or one written as JSON. What is neither is kept whole as `input`. */
export function callArguments(value: unknown): JsonObject {
  if (isObject(value)) return value;
  if (value === undefined || value === null || value === '') return {};
  if (typeof value !== 'string') return { input: value };
  try {
    const parsed: unknown = parseExact(value);
    return isObject(parsed) ? parsed : { input: parsed ?? value };
  } catch {
    return { input: value };
  }
}
