import { describe, expect, test } from 'vitest';
import { openBench, skillText } from './open-skills.ts';

const bench = openBench();
const SKILLS: Readonly<Record<string, string>> = {
  'pdf-forms': 'Fills in PDF forms and extracts their fields. Use when a PDF has to be filled in or read.',
  'sql-reports': 'Writes SQL queries for the warehouse and turns results into weekly reports.',
  'slide-decks': 'Creates presentations with slides, speaker notes and charts.',
  'invoice-check': 'Checks invoices against purchase orders and finds amounts that differ.',
  'release-notes': 'Collects merged changes and writes release notes for users.',
  'image-crop': 'Crops, resizes and converts images in batches.',
  'calendar-plan': 'Finds free time in calendars and proposes meetings.',
  表格整理: '整理电子表格，合并重复的行，统计每个月的销售额。',
};
const write = (): void => {
  for (const [name, description] of Object.entries(SKILLS)) bench.write('user', name, skillText(name, description));
};

describe('by keywords', () => {
  test.each([
    ['fill in this form for the tax office, it is a pdf', 'pdf-forms'],
    ['I need a query that counts orders, and a weekly report of it', 'sql-reports'],
    ['make me a presentation of ten slides', 'slide-decks'],
    ['does this invoice agree with what we ordered?', 'invoice-check'],
    ['what changed since the last release? write it down for users', 'release-notes'],
    ['resizing 300 photos and images', 'image-crop'],
    ['when could we all meet? look for a free meeting time', 'calendar-plan'],
    ['帮我把这个电子表格里重复的行合并', '表格整理'],
    ['use the sql-reports skill please', 'sql-reports'],
  ])('%s', async (task, name) => {
    write();
    const { skills } = await bench.open();
    const [best] = await skills.match(task);
    expect(best).toMatchObject({ skill: { name }, by: 'keywords' });
    expect(best!.score).toBeGreaterThan(0.15);
    expect(best!.score).toBeLessThanOrEqual(1);
  });

  test('what fits nothing finds nothing, and k is kept', async () => {
    write();
    const { skills } = await bench.open();
    expect(await skills.match('sing a song of the sea')).toEqual([]);
    expect(await skills.match('')).toEqual([]);
    expect((await skills.match('pdf sql slides invoices release images calendar', 2)).length).toBe(2);
  });
});

/** Two directions of meaning, by words that share no letters with the descriptions. */
const embedder = (embed?: (texts: readonly string[]) => Promise<readonly Float32Array[]>) => {
  const asked: string[][] = [];
  const unit = (text: string): Float32Array => {
    const isMoney = /invoice|bill|owe/.test(text) ? 1 : 0;
    const isTime = /calendar|appointment/.test(text) ? 1 : 0;
    const length = Math.hypot(isMoney, isTime, 0.2);
    return Float32Array.of(isMoney / length, isTime / length, 0.2 / length);
  };
  return {
    asked,
    llm: {
      embeddingModel: 'tiny',
      embed: async (texts: readonly string[]) => {
        asked.push([...texts]);
        return embed ? embed(texts) : texts.map(unit);
      },
    },
  };
};

describe('by meaning', () => {
  test('where a model embeds, also without a common word; descriptions are embedded once', async () => {
    write();
    const { llm, asked } = embedder();
    const { skills } = await bench.open({}, { llm });
    expect((await skills.match('how much do we owe them?'))[0]).toMatchObject({
      skill: { name: 'invoice-check' },
      by: 'meaning',
    });
    expect((await skills.match('an appointment'))[0]).toMatchObject({ skill: { name: 'calendar-plan' } });
    expect(asked.map((texts) => texts.length)).toEqual([1 + Object.keys(SKILLS).length, 1]);
  });

  test('a model that fails or hangs leaves the keywords', async () => {
    write();
    const failing = embedder(() => Promise.reject(new Error('down')));
    const first = await bench.open({}, { llm: failing.llm });
    expect((await first.skills.match('fill in a pdf'))[0]).toMatchObject({ skill: { name: 'pdf-forms' } });
    const hanging = {
      embeddingModel: 'slow',
      embed: (_: unknown, signal: AbortSignal) =>
        new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason))),
    };
    const { skills } = await bench.open({ match: { embedMs: 30 } }, { llm: hanging });
    expect((await skills.match('fill in a pdf'))[0]).toMatchObject({ skill: { name: 'pdf-forms' } });
  });

  test('who gives up is told so', async () => {
    write();
    const { llm } = embedder(() => Promise.reject(new Error('given up')));
    const { skills } = await bench.open({}, { llm });
    await expect(skills.match('x', 5, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
