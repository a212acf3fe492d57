import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finishRun } from '../../../plugins/trajectory-formats/finish-run.ts';
import type { Origin } from '../../../plugins/trajectory-formats/format.ts';
import { FORMATS, SESSION_FORMATS } from '../../../plugins/trajectory-formats/formats/index.ts';
import { FIXTURES } from './fixtures.ts';

const origin: Origin = { fileName: 'x.json', folder: 'y', index: 0, alone: true };

const valuesOf = (name: string): unknown[] => {
  const text = readFileSync(join(FIXTURES, name), 'utf8');
  return name.endsWith('.jsonl')
    ? text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    : [JSON.parse(text)];
};

/** All places of a value, as ways of names. */
function placesIn(value: unknown, way: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [way];
  return [
    way,
    ...Object.entries(value).flatMap(([name, member]) =>
      placesIn(member, [...way, Array.isArray(value) ? Number(name) : name]),
    ),
  ];
}

function replaced(value: unknown, [name, ...way]: readonly (string | number)[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[name] = replaced(copy[name], way, by);
  return copy;
}

const ODD = [
  null,
  0,
  -1,
  1e300,
  true,
  '',
  'x',
  [],
  {},
  [null],
  [[]],
  { toString: 1, valueOf: 1 },
  JSON.parse('{"__proto__":{"polluted":1}}'),
  [{ role: 'user' }],
  '\ud800',
];

test.each(readdirSync(FIXTURES))('%s with any of its members replaced is read, or refused with a reason', (name) => {
  const values = valuesOf(name);
  const places = placesIn(values);
  fc.assert(
    fc.property(fc.nat(places.length - 1), fc.constantFrom(...ODD), (at, odd) => {
      const wrong = replaced(values, places[at]!, odd);
      const lines = Array.isArray(wrong) ? wrong : [wrong];
      for (const one of [wrong, lines[Number(places[at]![0] ?? 0)]]) {
        for (const format of FORMATS) expect(format.recognises(one)).toBeTypeOf('boolean');
        for (const session of SESSION_FORMATS) expect(session.recognisesLine(one)).toBeTypeOf('boolean');
      }
      for (const read of readersOf(values, lines)) {
        try {
          for (const run of read().map((draft) => finishRun(draft, 'any')))
            expect(JSON.parse(JSON.stringify(run))).toEqual(run);
        } catch (error) {
          // A reason that is the engine's own says nothing to a reader.
          expect(error).not.toBeInstanceOf(TypeError);
          expect((error as Error).message).toMatch(/^\S.+/);
        }
      }
    }),
    { numRuns: 100 },
  );
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

/** The format that knows the sound file, given the one that is not. */
function readersOf(sound: readonly unknown[], lines: readonly unknown[]) {
  const session = SESSION_FORMATS.find((format) => sound.some((line) => format.recognisesLine(line)));
  const format = FORMATS.find((each) => each.recognises(sound[0]));
  return [
    ...(format ? [() => lines.flatMap((line) => (format.recognises(line) ? format.read(line, origin) : []))] : []),
    ...(session ? [() => session.readLines(lines, origin)] : []),
  ];
}
