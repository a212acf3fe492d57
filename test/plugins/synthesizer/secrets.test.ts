import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { madeTrajectory } from '../../support/made-trajectories.ts';
import { type SynthesisModel, synthesisModel } from '../../support/synthesis-model.ts';
import { PLANTS } from '../redaction/plants.ts';
import { forever, type Opened, openSynthesis } from './open-synthesis.ts';

let model: SynthesisModel;
let at: Opened | undefined;

beforeEach(async () => {
  model = await synthesisModel();
  model.keepBodies = true;
});
afterEach(async () => {
  await at?.close();
  await model.close();
});

const PLACES = ['user', 'result', 'args', 'thought'] as const;
/** Each in one of the places where people and agents leave them, in turn. */
const planted = PLANTS.map(({ text }, n) => {
  const place = PLACES[n % PLACES.length]!;
  return JSON.stringify(madeTrajectory(n, { planted: { [place]: ` ${text} ` } }));
});
// What is shorter stands in other words too.
const values = PLANTS.flatMap(({ gone }) => gone).filter((value) => value.length >= 6);

/** In any spelling that JSON has for it. */
const holds = (text: string, value: string): boolean =>
  text.includes(value) || text.includes(JSON.stringify(value).slice(1, -1));

test.each(['a model', 'no model'])(
  'no planted secret and no personal datum reaches a prompt or a file, with %s',
  async (with_) => {
    expect(values.length).toBeGreaterThanOrEqual(60);
    at = await openSynthesis({
      ...(with_ === 'a model' && { model: model.url }),
      plugins: { synthesizer: { evolve: 'depth' } },
    });
    const file = at.file('runs.jsonl', `${planted.join('\n')}\n`);
    const result = await at.synthesis.once([file], forever());
    expect(result).toMatchObject({ imported: PLANTS.length, essences: PLANTS.length });
    const sent = model.bodies.join('\n');
    expect(sent.length > 0).toBe(with_ === 'a model');
    expect(values.filter((value) => holds(sent, value))).toEqual([]);
    const files = readdirSync(at.dir).filter((name) => name !== 'runs.jsonl' && !name.endsWith('.part'));
    expect(files).toContain('report.html');
    for (const name of files) {
      // The database too: runs are kept packed in it, and nothing of their words beside that.
      const text = readFileSync(path.join(at.dir, name), 'latin1');
      const utf8 = readFileSync(path.join(at.dir, name), 'utf8');
      expect(
        values.filter((value) => holds(text, value) || holds(utf8, value)),
        name,
      ).toEqual([]);
    }
  },
);
