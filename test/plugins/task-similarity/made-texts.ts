/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all;
}

const SYLLABLES =
  'ba be bi bo da de di do fa fe ka ke ki ko la le li lo ma mi mo na ne no pa po ra re ri ro sa si so ta te to'.split(
    ' ',
  );
const HAN =
  '北京 上海 广州 深圳 查询 天气 航班 酒店 预订 退款 会议 日程 邮件 翻译 文档 数据 分析 图表 股票 价格 新闻 音乐 电影 餐厅 路线 地铁 火车 医院 ' +
  '学校 公司 银行 保险 合同 项目 代码 测试 部署 服务 老师 朋友 周末 早上 晚上 明天 计划 城市 季节 温度 颜色 衣服 鞋子 手机 电脑 照片 视频 游戏';
const HAN_WORDS = HAN.split(' ');

/** Words that no language has, so that no two texts are alike by accident. */
export const word = (random: () => number): string =>
  Array.from({ length: 2 + Math.floor(random() * 3) }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join(
    '',
  );

export const text = (random: () => number, words: number): string =>
  Array.from({ length: words }, () => word(random)).join(' ');

export const chinese = (random: () => number, words: number): string =>
  Array.from({ length: words }, () => HAN_WORDS[Math.floor(random() * HAN_WORDS.length)]).join('');

const WORDS = new Intl.Segmenter('zh', { granularity: 'word' });

/** One word in twenty replaced, left out or followed by another: exactly so many, the rest by chance. */
export function edited(original: string, random: () => number, share = 0.05): string {
  const inChinese = /\p{Script=Han}/u.test(original);
  const words = inChinese ? Array.from(WORDS.segment(original), ({ segment }) => segment) : original.split(/(?<=\s)/);
  const exact = words.length * share;
  const count = Math.floor(exact) + (random() < exact % 1 ? 1 : 0);
  const places = new Set(shuffled([...words.keys()], random).slice(0, count));
  const other = (): string => (inChinese ? chinese(random, 1) : `${word(random)} `);
  return words
    .map((each, at) => {
      if (!places.has(at)) return each;
      const kind = random();
      return kind < 0.5 ? other() : kind < 0.75 ? '' : each + other();
    })
    .join('');
}
