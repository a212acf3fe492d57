import { expect, test } from 'vitest';
import { CONTEXTS } from './contexts.ts';
import { openRedactor } from './open-redaction.ts';
import { PLANTS } from './plants.ts';

const open = await openRedactor();

/** All that a reader could make of a text: escapes, percent signs and entities taken off, as often as there are any. */
function readings(text: string): string[] {
  const all = [text];
  for (let layer = 0; layer < 5; layer++)
    all.push(
      all
        .at(-1)!
        .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
        .replace(/\\(["'\\/])/g, '$1')
        .replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
          try {
            return decodeURIComponent(encoded);
          } catch {
            return encoded;
          }
        })
        .replaceAll('&quot;', '"')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&'),
    );
  return all;
}

test.each(Object.entries(CONTEXTS))('in %s every planted value is gone', (name, wrap) => {
  const left = PLANTS.flatMap(({ text, gone, all }) => {
    const whole = wrap(text);
    const redacted = open(all ? 'all' : 'secrets').text(whole);
    if (/JSON/.test(name)) expect(() => JSON.parse(redacted), redacted).not.toThrow();
    expect(open().text(open().text(whole))).toBe(open().text(whole));
    if (name === 'base64' && redacted.includes(Buffer.from(text).toString('base64').replace(/=+$/, '')))
      return [redacted];
    return readings(redacted).flatMap((reading) => gone.filter((value) => reading.includes(value)));
  });
  expect(left).toEqual([]);
});
