import { beforeAll, describe, expect, test } from 'vitest';
import { estimateTokens, type Tokenizer } from '#plugins/context/api';
import { UsageAnchor } from '#plugins/context/estimator/anchor';
import { judgesInstalled } from '../../e2e/judges-installed.ts';
import { buildCorpus } from './estimator-corpus/corpus.ts';
import { pieces, realTokenizer } from './estimator-corpus/real-tokenizers.ts';

const SESSIONS = 120;
const TURNS = 30;
/** What a provider puts around a message, and around a request. */
const AROUND_MESSAGE = 4;
const AROUND_REQUEST = 3;
const LIMIT_MS = 120_000;
const PROFILES = ['o200k', 'cl100k', 'claude2', 'qwen3', 'gemma2'] as const satisfies Tokenizer[];
const REAL = ['o200k', 'cl100k'] as const;

interface Piece {
  readonly real: Readonly<Record<(typeof REAL)[number], number>>;
  readonly estimated: Readonly<Record<(typeof PROFILES)[number], number>>;
}

test('before anything was observed, the estimate stands', () => {
  expect(new UsageAnchor().next(1_234)).toBe(1_234);
});

test('a usage that cannot be one of this text moves the estimate by four times at most', () => {
  const anchor = new UsageAnchor();
  anchor.observed(1_000, 100_000);
  expect(anchor.next(1_100)).toBe(100_400);
  anchor.observed(1_000, 10);
  expect(anchor.next(1_100)).toBe(35);
  expect(anchor.next(0)).toBe(0);
  anchor.observed(0, 50);
  anchor.observed(50, 0);
  for (const never of [Number.NaN, Number.POSITIVE_INFINITY, -5, 0.5]) {
    anchor.observed(1_000, never);
    anchor.observed(never, 1_000);
  }
  expect(anchor.next(1_100)).toBe(35);
});

const available = await judgesInstalled('judges');

describe.skipIf(!available)(`the next request in ${SESSIONS} sessions of ${TURNS} turns`, () => {
  let classes: Piece[][];
  beforeAll(async () => {
    const [o200k, cl100k] = await Promise.all(REAL.map(realTokenizer));
    const { samples } = buildCorpus('test', 3_000);
    classes = [...Map.groupBy(samples, (sample) => sample.class).values()].map((ofClass) =>
      ofClass
        .flatMap(({ text }) => [...pieces(text, 800)])
        .map((text) => ({
          real: { o200k: o200k!(text), cl100k: cl100k!(text) },
          estimated: Object.fromEntries(
            PROFILES.map((name) => [name, estimateTokens(text, name)]),
          ) as Piece['estimated'],
        })),
    );
  }, LIMIT_MS);

  /** Errors in % of every turn but the first. `cut`: the history loses two thirds every ten turns, as if it was compressed. */
  function errors(profile: (typeof PROFILES)[number], real: (typeof REAL)[number], cut: boolean): number[] {
    let state = 20_260;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >> 8) % below;
    };
    const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
    const found: number[] = [];
    for (let session = 0; session < SESSIONS; session++) {
      const about = Array.from({ length: 1 + random(4) }, () => pick(classes));
      const system = pick(pick(about));
      const anchor = new UsageAnchor();
      let history: Piece[] = [];
      for (let turn = 0; turn < TURNS; turn++) {
        for (let more = 1 + random(4); more > 0; more--) history.push(pick(pick(about)));
        if (cut && turn % 10 === 9) history = history.slice(-Math.ceil(history.length / 3));
        const around = AROUND_MESSAGE * history.length;
        const estimated = history.reduce(
          (sum, one) => sum + one.estimated[profile],
          system.estimated[profile] + around,
        );
        const used = history.reduce((sum, one) => sum + one.real[real], system.real[real] + around + AROUND_REQUEST);
        if (turn > 0) found.push(100 * Math.abs(anchor.next(estimated) / used - 1));
        anchor.observed(estimated, used);
      }
    }
    return found.sort((a, b) => a - b);
  }

  test.for(REAL.flatMap((real) => PROFILES.flatMap((profile) => [false, true].map((cut) => ({ real, profile, cut })))))(
    'counted by $real, estimated as $profile, cut: $cut',
    ({ real, profile, cut }) => {
      const found = errors(profile, real, cut);
      expect(found.reduce((sum, one) => sum + one, 0) / found.length).toBeLessThanOrEqual(3);
      expect(found[Math.floor(found.length * 0.95)]).toBeLessThanOrEqual(10);
    },
  );
});
