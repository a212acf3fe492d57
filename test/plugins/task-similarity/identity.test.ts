import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TaskSimilarity } from '#plugins/task-similarity/api';
import { edited, numbers, shuffled, text, word } from './made-texts.ts';
import { openSimilarity, pairwise, partition, run } from './open-similarity.ts';

let similarity: TaskSimilarity;
beforeAll(async () => {
  similarity = await openSimilarity();
});
const assigned = (...runs: readonly ReturnType<typeof run>[]) => similarity.identity().assign(runs);

describe('what is one task', () => {
  it('a run alone is a cluster of its own name', async () => {
    expect(await assigned(run('a', ['Book a flight']))).toEqual(['a']);
    expect(await assigned()).toEqual([]);
  });

  it('the same request, whatever was done about it', async () => {
    const [a, b, c] = await assigned(
      run('a', ['Which papers cite "Attention is all you need"?'], {
        tools: ['search'],
        argumentValues: ['attention'],
      }),
      run('b', ['  which papers cite “Attention is all you need” '], {
        tools: ['browse'],
        argumentValues: ['arxiv.org'],
      }),
      run('c', ['Which papers cite "Attention is all you need"?', 'Yes, please go on.']),
    );
    expect([a, b, c]).toEqual(['a', 'a', 'a']);
  });

  it('not the same form with something else put into it', async () => {
    const requests = [
      'I have 9.5g gold, please estimate its value based on the current price of gold',
      'I have 18.9g silver, please estimate its value based on the current price',
      'Get historical prices for MSFT from 2024-01-01 to 2024-12-31',
      'Get historical prices for AAPL from 2024-01-01 to 2024-12-31',
      'Get historical prices for AAPL from 2023-01-01 to 2023-12-31',
      'What is the weather in Paris?',
      'What is the weather in London?',
    ];
    expect(new Set(await assigned(...requests.map((each, at) => run(`${at}`, [each])))).size).toBe(requests.length);
  });

  it('conversations that come to the same, told in other words', async () => {
    const clusters = await assigned(
      run('a', [
        'Hi, I need to change my trip to Lisbon.',
        'My user id is ana_reis_4410, the reservation is QX7L2P.',
        'I want to leave on May 21 instead, and add one checked bag.',
        'Yes, use the card ending in 7334.',
      ]),
      run('b', [
        'Hello! Can you move my Lisbon trip to another day?',
        'It is reservation QX7L2P, my id is ana_reis_4410',
        'May 21 would be good. One checked bag more, too.',
        'Pay with 7334, thanks.',
      ]),
      run('c', [
        'Hi, I want my money back for a delayed flight.',
        'My user id is raj_patel_1101.',
        'It was HAT045, three hours late, and I missed a meeting.',
        'A certificate is fine.',
      ]),
      run('d', [
        'My flight was delayed and I would like a compensation.',
        'raj_patel_1101',
        'HAT045. I missed an important meeting because it was three hours late!',
        'Yes, send me the certificate.',
      ]),
    );
    expect(clusters).toEqual(['a', 'a', 'c', 'c']);
  });

  it('Chinese conversations too', async () => {
    const clusters = await assigned(
      run('a', [
        '你好，我想改签去里斯本的航班',
        '我的预订编号是 QX7L2P',
        '请改到五月二十一日，再加一件托运行李',
        '用尾号7334的信用卡支付',
      ]),
      run('b', [
        '请帮我把去里斯本的航班改到别的日期',
        '预订编号 QX7L2P',
        '五月二十一日，加一件托运行李',
        '用尾号7334的卡支付，谢谢',
      ]),
      run('c', ['我的航班延误了，我要求赔偿', '航班号 HAT045', '晚了三个小时，我错过了重要会议', '可以，发代金券吧']),
      run('d', ['航班延误，请给我赔偿', 'HAT045', '错过了重要会议，因为晚了三个小时', '好的，代金券也可以']),
      run('e', ['查询北京到上海的高铁票']),
      run('f', ['查询北京到上海的 高铁票。']),
      run('g', ['查询广州到深圳的高铁票']),
    );
    expect(clusters).toEqual(['a', 'a', 'c', 'c', 'e', 'e', 'g']);
  });

  it('not all that begins with the same few words', async () => {
    const hello = 'Hi, can you help me with my booking?';
    const clusters = await assigned(
      run('a', [
        hello,
        'Cancel QX7L2P because my mother is sick, I want the whole refund to my gift card',
        'No transfer please',
      ]),
      run('b', [
        hello,
        'Add 3 checked bags to ZZ81KP and upgrade Sophia to business class',
        'Charge the card ending in 2076',
      ]),
    );
    expect(new Set(clusters).size).toBe(2);
  });

  it('runs that say nothing are told apart', async () => {
    expect(await assigned(run('a', ['']), run('b', []), run('c', ['???']), run('d', ['???']))).toEqual([
      'a',
      'b',
      'c',
      'c',
    ]);
  });
});

describe('decisions', () => {
  const tasks = (seed: number, count: number) => {
    const random = numbers(seed);
    return Array.from({ length: count }, (_, at) => ({
      task: `${at}`,
      turns: [8, 20, 15].map((words) => text(random, words)),
    }));
  };
  const trials = (seed: number, count: number, each: number) => {
    const random = numbers(seed + 1);
    return tasks(seed, count).flatMap(({ task, turns }) =>
      Array.from({ length: each }, (_, trial) => ({
        task,
        facts: run(
          `${task}/${trial}`,
          turns.map((turn) => edited(turn, random, 0.25)),
        ),
      })),
    );
  };

  it('stand: the same run gets the same answer, and clusters never become one', async () => {
    const all = trials(3, 12, 4);
    const identity = similarity.identity();
    const first = await identity.assign(all.slice(0, 20).map(({ facts }) => facts));
    const later = await identity.assign(all.map(({ facts }) => facts));
    expect(later.slice(0, 20)).toEqual(first);
    expect(
      pairwise(
        all.map(({ task }) => task),
        later,
      ).f1,
    ).toBe(1);
  });

  it('are the same for a restored state as for one that never ended, in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 1, max: 30 }), async (seed, cut) => {
        const all = trials(seed, 8, 4).map(({ facts }) => facts);
        const [before, after] = [all.slice(0, cut), all.slice(cut)];
        const going = similarity.identity();
        const known = await going.assign(before);
        const restored = similarity.identity();
        const kept = before.map((facts, at) => ({ ...facts, cluster: known[at]! }));
        restored.restore(kept.slice(0, 5));
        restored.restore(kept.slice(5));
        expect(await restored.assign(after)).toEqual(await going.assign(after));
      }),
      { numRuns: 15 },
    );
  });

  it('do not depend on the order of a batch; a cluster is called after its first run', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const all = trials(5, 8, 3).map(({ facts }) => facts);
        const turned = shuffled(all, numbers(seed));
        const clusters = await similarity.identity().assign(turned);
        expect(
          partition(
            turned.map(({ id }) => id),
            clusters,
          ),
        ).toEqual(
          partition(
            all.map(({ id }) => id),
            await similarity.identity().assign(all),
          ),
        );
        for (const name of new Set(clusters)) expect(turned[clusters.indexOf(name)]!.id).toBe(name);
      }),
      { numRuns: 15 },
    );
  });

  it('join clusters that were named by others, and keep those apart', async () => {
    const identity = similarity.identity();
    const [a, b] = [
      ['Book a table for two at Rosso', 'Tuesday at eight'],
      ['Translate the letter of Mr Haas', 'Into Spanish'],
    ];
    identity.restore([
      { ...run('1', a), cluster: 'dinner' },
      { ...run('2', a), cluster: 'another dinner' },
      { ...run('3', b), cluster: 'letter' },
    ]);
    expect(await identity.assign([run('4', b), run('1', b), run('2', b)])).toEqual([
      'letter',
      'dinner',
      'another dinner',
    ]);
  });

  it('are forgotten with the runs; the name stays while one of them is there', async () => {
    const identity = similarity.identity();
    const turns = ['Count the lines of access.log', 'Only those of today'];
    expect(await identity.assign([run('a', turns), run('b', turns)])).toEqual(['a', 'a']);
    identity.forget(['a', 'nobody']);
    expect(await identity.assign([run('c', turns)])).toEqual(['a']);
    // It comes again as something else while its name is taken.
    expect(await identity.assign([run('a', ['Paint a cat'])])).toEqual(['a~2']);
    identity.forget(['b', 'c']);
    expect(await identity.assign([run('d', turns)])).toEqual(['d']);
  });

  it('forgetting leaves nothing behind: the rest is decided as if it had never been there', async () => {
    const all = trials(9, 10, 4).map(({ facts }) => facts);
    const others = trials(40, 10, 4).map(({ facts }) => ({ ...facts, id: `other ${facts.id}` }));
    const [clean, used] = [similarity.identity(), similarity.identity()];
    await used.assign(others);
    used.forget(others.map(({ id }) => id));
    expect(await used.assign(all)).toEqual(await clean.assign(all));
  });
});

describe('many runs', () => {
  it('of few tasks cost in proportion to their number, however alike they are', async () => {
    const random = numbers(11);
    const names = Array.from({ length: 400 }, () => word(random));
    const talk = (): string => shuffled(names, random).slice(0, 12).join(' ');
    const sources = Array.from({ length: 10 }, () => [talk(), talk(), talk()]);
    const made = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        run(
          `${at}`,
          sources[at % 10]!.map((turn) => edited(turn, random)),
        ),
      );
    const cpu = async (count: number): Promise<number> => {
      const runs = made(count);
      const begun = process.cpuUsage();
      const clusters = await similarity.identity().assign(runs);
      const { user, system } = process.cpuUsage(begun);
      expect(
        pairwise(
          runs.slice(0, 300).map((_, at) => `${at % 10}`),
          clusters.slice(0, 300),
        ).f1,
      ).toBeGreaterThan(0.9);
      return user + system;
    };
    await cpu(500);
    const few = Math.min(await cpu(1_000), await cpu(1_000));
    const many = Math.min(await cpu(4_000), await cpu(4_000));
    // Four times as many; sixteen would be each with each.
    expect(many / few).toBeLessThan(8);
  });

  it('bounded, however much a run says', async () => {
    const small = await openSimilarity({ identity: { maxCharacters: 2_000, maxArguments: 10 } });
    const random = numbers(13);
    const long = (head: string) => `${head} ${text(random, 20_000)}`;
    const clusters = await small.identity().assign([
      run('a', [long('alpha'), long('beta')], {
        argumentValues: Array.from({ length: 100_000 }, (_, at) => `${at}`),
      }),
      run('b', [long('gamma'), long('delta')]),
    ]);
    expect(clusters).toEqual(['a', 'b']);
  });
});
