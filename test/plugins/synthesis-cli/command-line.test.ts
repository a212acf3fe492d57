import { describe, expect, test } from 'vitest';
import { fault } from '#kernel';
import { estimate, result, run, standIn } from './open-cli.ts';

describe('words', () => {
  test.each([
    { words: ['a.jsonl', 'b'], asks: [{ what: 'watch', paths: ['a.jsonl', 'b'] }] },
    {
      words: ['--once', 'a.jsonl'],
      asks: [
        { what: 'estimate', paths: ['a.jsonl'] },
        { what: 'once', paths: ['a.jsonl'] },
      ],
    },
    { words: ['a.jsonl', '--once', '--quiet'], asks: [{ what: 'once', paths: ['a.jsonl'] }] },
    { words: ['--estimate', 'a.jsonl'], asks: [{ what: 'estimate', paths: ['a.jsonl'] }] },
    { words: ['--replay'], asks: [{ what: 'replay' }] },
    { words: ['a', '--once', '--quiet'], asks: [{ what: 'once', options: { recorded: false } }] },
    { words: ['--once', '--quiet', '--recorded'], asks: [{ what: 'once', paths: [], options: { recorded: true } }] },
    { words: ['--recorded', 'a'], asks: [{ what: 'watch', paths: ['a'], options: { recorded: true } }] },
    {
      words: ['--once', '--', '--strange.jsonl'],
      asks: [{ what: 'estimate' }, { what: 'once', paths: ['--strange.jsonl'] }],
    },
  ])('$words', async ({ words, asks }) => {
    const { synthesis, asked } = standIn();
    expect((await run(synthesis, words)).code).toBe(0);
    expect(asked).toMatchObject(asks);
  });

  test.each([['--help'], ['-h'], ['help'], ['--once', '--help']])('help: %s %s', async (...words) => {
    const { synthesis, asked } = standIn();
    const said = await run(synthesis, words);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).toMatch(/^usage: /);
    for (const word of ['--once', '--estimate', '--recorded', '--replay', '--max-usd', '--json', '--quiet', 'exit:'])
      expect(said.out).toContain(word);
    expect(asked).toEqual([]);
  });

  test.each([
    [[], 'name files or folders'],
    [['--once'], 'name files or folders'],
    [['--once', '--replay'], '--once and --replay do not go together'],
    [['--once', '--estimate', 'a'], '--once and --estimate'],
    [['--replay', 'a'], '--replay takes no path'],
    [['--replay', '--max-usd', '1'], '--max-usd'],
    [['--replay', '--recorded'], '--replay reads no runs'],
    [['--once', 'a', '--max-usd'], '--max-usd'],
    [['--once', 'a', '--max-usd', ''], '--max-usd takes a number'],
    [['--once', 'a', '--max-usd', 'much'], '--max-usd takes a number'],
    [['--once', 'a', '--max-usd=-1'], '--max-usd takes a number'],
    [['--once', 'a', '--max-usd', 'Infinity'], '--max-usd takes a number'],
    [['--once', 'a', '--fast'], 'there is no option --fast'],
    [['--onec', 'a'], 'there is: --once'],
    [['--once=yes', 'a'], '--once'],
  ])('wrong use: %j', async (words, why) => {
    const { synthesis, asked } = standIn();
    const { code, out, err } = await run(synthesis, words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^CLI_USAGE: [\s\S]*\nhint: see --help\n$/);
    expect(err).toContain(why);
    expect(asked).toEqual([]);
  });

  test('what the configuration watches is worked where no path is named', async () => {
    const { synthesis, asked } = standIn();
    const config = { watch: ['/var/runs'] };
    await run(synthesis, ['--once', '--quiet'], { config });
    await run(synthesis, ['mine'], { config });
    expect(asked).toMatchObject([
      { what: 'once', paths: ['/var/runs'] },
      { what: 'watch', paths: ['mine'] },
    ]);
  });

  test('the limit of money goes along, and only where it was named', async () => {
    const { synthesis, asked } = standIn();
    await run(synthesis, ['--once', '--quiet', 'a', '--max-usd', '2.50']);
    await run(synthesis, ['--once', '--quiet', 'a', '--max-usd', '0']);
    await run(synthesis, ['--once', '--quiet', 'a']);
    expect(asked.map(({ options }) => options?.maxUsd)).toEqual([2.5, 0, undefined]);
  });
});

describe('how it ends', () => {
  const failing = (error: Error) => standIn({ once: () => Promise.reject(error) }).synthesis;

  test.each([
    ['BUDGET_REACHED', 'unavailable', 5],
    ['FORMAT_UNKNOWN', 'invalid', 1],
    ['PATH_UNREADABLE', 'not_found', 3],
    ['PATH_UNREADABLE', 'invalid', 1],
    ['OUTPUT_NOT_WRITTEN', 'unavailable', 4],
    ['LLM_UNAVAILABLE', 'timeout', 4],
  ] as const)('%s (%s): %i', async (code, kind, exit) => {
    const error = fault(code, 'it was so', { kind, hint: 'do this', alternatives: ['one', 'two'] });
    const said = await run(failing(error), ['--once', '--quiet', 'a']);
    expect(said).toEqual({ code: exit, out: '', err: `${code}: it was so\nthere is: one, two\nhint: do this\n` });
  });

  test('an error that nobody foresaw: 1, without a stack', async () => {
    const said = await run(failing(new TypeError('x is not\u001b[2J a function')), ['--once', '--quiet', 'a']);
    expect(said).toEqual({ code: 1, out: '', err: 'x is not [2J a function\n' });
  });

  test('jobs that failed: 1; records in quarantine alone: 0', async () => {
    const failed = standIn({ once: async () => ({ ...result, failed: 2 }) }).synthesis;
    const said = await run(failed, ['--once', 'a']);
    expect(said.code).toBe(1);
    expect(said.out).toContain('2 jobs failed; the report says why');
    expect((await run(standIn().synthesis, ['--once', 'a'])).code).toBe(0);
  });

  test('nothing at all was there: 1; a record that is not finished yet: 0', async () => {
    const nothing = { ...result, seen: 0, imported: 0, duplicate: 0, quarantined: 0 };
    const said = await run(standIn({ once: async () => nothing }).synthesis, ['--once', '--quiet', 'a', 'b']);
    expect(said).toMatchObject({ code: 1, err: 'no trajectories in a, b\n' });
    const recorded = await run(standIn({ once: async () => nothing }).synthesis, ['--once', '--quiet', '--recorded']);
    expect(recorded).toMatchObject({ code: 1, err: 'no trajectories in what agents recorded here\n' });
    const waiting = standIn({ once: async () => ({ ...nothing, waiting: 12 }) }).synthesis;
    const other = await run(waiting, ['--once', '--quiet', 'a']);
    expect(other.code).toBe(0);
    expect(other.out).toContain('12 bytes of records that are not finished yet');
  });

  test('stopped: 130, with what was done; the end of watching: 0', async () => {
    const stop = new AbortController();
    const stopped = standIn({
      once: async () => {
        stop.abort();
        return result;
      },
    }).synthesis;
    const said = await run(stopped, ['--once', '--quiet', 'a'], { signal: stop.signal });
    expect(said.code).toBe(130);
    expect(said.out).toContain('7 essences');
    const thrown = standIn({ estimate: () => Promise.reject(stop.signal.reason) }).synthesis;
    expect(await run(thrown, ['--once', 'a'], { signal: stop.signal })).toEqual({ code: 130, out: '', err: '' });
    expect((await run(standIn().synthesis, ['a'], { signal: stop.signal })).code).toBe(0);
  });
});

describe('what it says', () => {
  test('a summary for people', async () => {
    const said = await run(standIn().synthesis, ['--once', '--quiet', 'a']);
    expect(said).toEqual({
      code: 0,
      err: '',
      out: [
        '10 records seen: 7 imported, 2 known already, 1 in quarantine',
        '7 essences, 4 tasks, 3 seeds kept',
        '11 model calls so far: 1000 + 200 tokens, $0.1250; 2 answered from what is kept',
        'files: /data/{seed_tasks.jsonl,report.md}',
        '',
      ].join('\n'),
    });
  });

  test('files without trajectories: data first, some by name, the rest counted', async () => {
    const refused = [
      ...Array.from({ length: 7 }, (_, n) => ({ file: `a/README${n}`, reason: 'it is Markdown' })),
      { file: 'a/ba\u001b[2Jd.jsonl', reason: 'no format knows it' },
    ];
    const { out, code } = await run(standIn({ once: async () => ({ ...result, refused }) }).synthesis, ['--once', 'a']);
    expect(code).toBe(0);
    expect(out.split('\n').slice(1, 7)).toEqual([
      'no trajectories in a/ba [2Jd.jsonl: no format knows it',
      'no trajectories in a/README0: it is Markdown',
      'no trajectories in a/README1: it is Markdown',
      'no trajectories in a/README2: it is Markdown',
      'no trajectories in a/README3: it is Markdown',
      'and 3 more files without trajectories',
    ]);
  });

  test('money that cannot be told is told', async () => {
    const money = { ...result.money, unfinishedCalls: 2, unpriced: 3 };
    const { out } = await run(standIn({ once: async () => ({ ...result, money }) }).synthesis, ['--once', 'a']);
    expect(out).toContain(
      '11 model calls so far, 2 of them cut off: 1000 + 200 tokens, $0.1250 without the 3 calls of a model that has no price;',
    );
    const none = { ...result.money, calls: 0, cachedCalls: 0 };
    const free = await run(standIn({ once: async () => ({ ...result, money: none }) }).synthesis, ['--once', 'a']);
    expect(free.out).toContain('\nno model was asked\n');
  });

  test('the estimate, on standard error before a run', async () => {
    const { synthesis } = standIn();
    const text = '12 model calls, 3000 + 400 tokens, about $0.2500, about 1 s at 2 s a call\n';
    expect(await run(synthesis, ['--estimate', 'a'])).toEqual({ code: 0, out: text, err: '' });
    expect((await run(synthesis, ['--once', 'a'])).err).toBe(`estimate: ${text}`);
    const { usd: _, ...unpriced } = estimate;
    const other = standIn({ estimate: async () => unpriced }).synthesis;
    expect((await run(other, ['--estimate', 'a'])).out).toContain('the model has no price');
    expect((await run(other, ['--once', '--max-usd', '1', 'a'])).err).toContain('--max-usd does not limit it');
    const nobody = standIn({ estimate: async () => ({ ...estimate, calls: 0 }) }).synthesis;
    expect((await run(nobody, ['--estimate', 'a'])).out).toBe('no model will be asked\n');
  });

  test('one JSON object for programs', async () => {
    const { synthesis } = standIn();
    for (const words of [['--once', 'a'], ['a'], ['--replay']]) {
      const { out } = await run(synthesis, [...words, '--json']);
      expect(out.endsWith('}\n')).toBe(true);
      expect(JSON.parse(out)).toEqual(result);
    }
    expect(JSON.parse((await run(synthesis, ['--estimate', 'a', '--json'])).out)).toEqual(estimate);
  });

  test('a problem is one line, and steers no terminal', async () => {
    const { synthesis } = standIn({
      once: async (_, { onProblem }) => {
        onProblem?.({ where: 'a.jsonl, byte 12', what: 'it is no \u001b[31mJSON', code: 'RECORD_NOT_JSON' });
        return result;
      },
    });
    expect((await run(synthesis, ['--once', '--quiet', 'a'])).err).toBe(
      'RECORD_NOT_JSON: a.jsonl, byte 12: it is no  [31mJSON\n',
    );
  });

  test('whoever reads it may go away', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    expect((await run(standIn({ once: () => Promise.reject(gone) }).synthesis, ['--once', 'a'])).code).toBe(0);
  });
});
