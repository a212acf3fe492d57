import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NearDuplicates, TaskSimilarity } from '#plugins/task-similarity/api';
import { chinese, edited, numbers, shuffled, text } from './made-texts.ts';
import { openSimilarity } from './open-similarity.ts';

let similarity: TaskSimilarity;
beforeAll(async () => {
  similarity = await openSimilarity();
});

/** Originals with ten copies each, one word in twenty changed, in some order. */
function copies(originals: readonly string[], seed: number) {
  const random = numbers(seed);
  const all = originals.flatMap((original, of) =>
    Array.from({ length: 11 }, (_, copy) => ({ of, text: copy === 0 ? original : edited(original, random) })),
  );
  return shuffled(all, random);
}

function rates(index: NearDuplicates, texts: readonly { readonly of: number; readonly text: string }[]) {
  const seen = new Set<number>();
  let [right, wrong, missed] = [0, 0, 0];
  texts.forEach(({ of, text: each }, at) => {
    const found = index.add(`${at}`, each);
    if (found === undefined) missed += seen.has(of) ? 1 : 0;
    else if (texts[Number(found.of)]!.of === of) right++;
    else wrong++;
    seen.add(of);
  });
  return { recall: right / (right + missed), precision: right / (right + wrong) };
}

describe('near-duplicates', () => {
  it('finds copies with small edits, and nothing else', () => {
    const random = numbers(1);
    const originals = Array.from({ length: 150 }, () => text(random, 40 + Math.floor(random() * 20)));
    const { recall, precision } = rates(similarity.nearDuplicates(), copies(originals, 2));
    expect(recall).toBeGreaterThanOrEqual(0.985);
    expect(precision).toBeGreaterThanOrEqual(0.998);
  });

  it('in Chinese', () => {
    const random = numbers(3);
    const originals = Array.from({ length: 100 }, () => chinese(random, 40 + Math.floor(random() * 20)));
    const { recall, precision } = rates(similarity.nearDuplicates(), copies(originals, 4));
    expect(recall).toBeGreaterThanOrEqual(0.95);
    expect(precision).toBe(1);
  });

  it('answers the same every time, and `find` keeps nothing', () => {
    const random = numbers(5);
    const texts = copies(
      Array.from({ length: 40 }, () => text(random, 30)),
      6,
    );
    const [a, b] = [similarity.nearDuplicates(), similarity.nearDuplicates()];
    texts.forEach(({ text: each }, at) => {
      const before = a.find(each);
      const added = a.add(`${at}`, each);
      expect(before).toEqual(added);
      expect(b.add(`${at}`, each)).toEqual(added);
    });
    expect(a.size).toBe(b.size);
  });

  it('sees no difference in case, width, spaces and punctuation', () => {
    const index = similarity.nearDuplicates();
    index.add('a', 'Summarise the report, then send it to Ana!');
    index.add('zh', '查询北京到上海的高铁票，明天上午。');
    expect(index.find('  SUMMARISE the report – then send it to ana')).toEqual({ of: 'a', similarity: 1 });
    expect(index.find('Ｓｕｍｍａｒｉｓｅ the\nreport then send it to Ana')).toEqual({ of: 'a', similarity: 1 });
    expect(index.find('查询 北京到上海的高铁票 明天上午')).toEqual({ of: 'zh', similarity: 1 });
    expect(index.find('查询广州到深圳的汽车票，后天晚上。')).toBeUndefined();
  });

  it('knows any text again, also the shortest', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
        const index = similarity.nearDuplicates();
        expect(index.add('one', one)).toBeUndefined();
        expect(index.find(one)).toEqual({ of: 'one', similarity: 1 });
        const found = index.add('other', other);
        if (found === undefined) expect(index.find(other)).toEqual({ of: 'other', similarity: 1 });
        else expect(found.similarity).toBeGreaterThanOrEqual(0.67);
      }),
    );
  });

  it('lets what was removed come again, and its place be used', () => {
    const index = similarity.nearDuplicates();
    const random = numbers(8);
    const texts = Array.from({ length: 200 }, () => text(random, 20));
    texts.forEach((each, at) => void index.add(`${at}`, each));
    for (let at = 0; at < 200; at += 2) index.remove(`${at}`);
    index.remove('nobody');
    expect(index.size).toBe(100);
    texts.forEach((each, at) => {
      expect(index.find(each)?.of).toBe(at % 2 === 0 ? undefined : `${at}`);
    });
    for (let at = 0; at < 200; at += 2) expect(index.add(`${at} again`, texts[at]!)).toBeUndefined();
    texts.forEach((each, at) => {
      expect(index.find(each)?.of).toBe(at % 2 === 0 ? `${at} again` : `${at}`);
    });
  });

  it('takes a text that comes under its old id for new, and keeps it instead', () => {
    const index = similarity.nearDuplicates();
    index.add('a', 'Write a poem about the sea and the wind');
    expect(index.add('a', 'Write a poem about the sea and the winds')).toBeUndefined();
    expect(index.size).toBe(1);
    expect(index.find('Write a poem about the sea and the winds')?.similarity).toBe(1);
  });

  it('goes by the threshold that it is given', () => {
    const [strict, loose] = [0.95, 0.3].map((threshold) => similarity.nearDuplicates({ threshold }));
    const [a, b] = ['Plan a trip to Rome for two people in May', 'Plan a trip to Rome for four people in June'];
    strict!.add('a', a!);
    loose!.add('a', a!);
    expect(strict!.find(b!)).toBeUndefined();
    expect(loose!.find(b!)?.of).toBe('a');
  });

  it('looks at head and tail of what is too long', async () => {
    const small = await openSimilarity({ nearDuplicates: { maxCharacters: 1_000 } });
    const random = numbers(9);
    const [head, tail] = [text(random, 200).slice(0, 500), text(random, 200).slice(0, 500)];
    const index = small.nearDuplicates();
    index.add('a', `${head}${text(random, 10_000)}${tail}`);
    expect(index.find(`${head}${text(random, 10_000)}${tail}`)?.of).toBe('a');
    expect(index.find(`${head}${text(random, 10_000)}`)).toBeUndefined();
  });

  it('estimates very long texts', () => {
    const random = numbers(10);
    const long = text(random, 6_000);
    const index = similarity.nearDuplicates();
    index.add('a', long);
    expect(index.find(edited(long, random, 0.02))?.of).toBe('a');
    expect(index.find(text(random, 6_000))).toBeUndefined();
  });
});
