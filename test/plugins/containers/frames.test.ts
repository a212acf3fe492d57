import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Frames } from '../../../plugins/containers/attach/frames.ts';
import { checkNode } from '../../../plugins/containers/build/entry.ts';

const stream = fc.constantFrom<'stdout' | 'stderr'>('stdout', 'stderr');
const messages = fc.array(fc.tuple(stream, fc.uint8Array({ maxLength: 40 })), { maxLength: 12 });

test('whatever way the bytes are cut, each stream gets its own, in order', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1 }), (said, cuts) => {
      const wire = Buffer.concat(said.map(([to, bytes]) => frame(to, bytes)));
      const heard = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const frames = new Frames((to, bytes) => heard[to].push(Buffer.from(bytes)));
      for (let at = 0, turn = 0; at < wire.length; turn++) {
        const length = cuts[turn % cuts.length]!;
        frames.push(wire.subarray(at, at + length));
        at += length;
      }
      for (const to of ['stdout', 'stderr'] as const) {
        const meant = said.filter(([each]) => each === to).map(([, bytes]) => Buffer.from(bytes));
        expect(Buffer.concat(heard[to]).equals(Buffer.concat(meant))).toBe(true);
      }
    }),
  );
});

function frame(to: 'stdout' | 'stderr', bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = to === 'stdout' ? 1 : 2;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

test.each([
  ['>=18', '20.1.0', true],
  ['>=22.5.0', '22.4.9', false],
  ['>=22.5.0', '22.5.0', true],
  ['^20 || ^24', '20.0.0', true],
  ['^24.1', '20.0.0', false],
  ['20.x || 22.x', '18.9.0', false],
  ['<21', '18.0.0', true],
  ['*', '18.0.0', true],
  ['whatever', '18.0.0', true],
])('Node %s is asked for, %s is there: %s', (range, version, isRight) => {
  const check = (): void => checkNode('x', range, version);
  if (isRight) expect(check).not.toThrow();
  else expect(check).toThrow('asks for Node');
});
