import { createHash } from 'node:crypto';
import { hash, type Source } from './files.ts';

/** Numbers that are the same on every machine. */
function random(seed: string): (below: number) => number {
  let state = hash(seed) || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
type Random = (below: number) => number;

/** Twenty texts of lines. */
function* texts(
  kind: string,
  line: (random: Random, row: number, variant: number) => string,
  lines = 60,
): Generator<Source> {
  for (let variant = 0; variant < 20; variant++) {
    const next = random(`${kind}-${variant}`);
    yield {
      name: `generated/${kind}-${variant}`,
      text: Array.from({ length: lines }, (_, row) => line(next, row, variant)).join('\n'),
    };
  }
}

const pick = <T>(from: readonly T[], next: Random): T => from[next(from.length)]!;
const digest = (next: Random, algorithm = 'sha256') =>
  createHash(algorithm)
    .update(String(next(2 ** 31)))
    .digest();
const pad = (value: number, width = 2) => String(value).padStart(width, '0');
const day = (next: Random) => `20${pad(15 + next(11))}-${pad(1 + next(12))}-${pad(1 + next(28))}`;
const time = (next: Random) => `${pad(next(24))}:${pad(next(60))}:${pad(next(60))}`;
const uuid = (next: Random) => {
  const hex = digest(next).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const NAMES =
  'Alice Moreau,Bob Tanaka,Carla Núñez,Dmitri Volkov,Eve Okafor,Farid Haddad,Grace Lindqvist,Hiro Sato,Ines Costa,Jonas Weber'.split(
    ',',
  );
const CITIES = 'Lisbon,Osaka,Cairo,Toronto,Leipzig,Valparaíso,Nairobi,Tallinn,Perth,Busan'.split(',');
const STATES = 'active,pending,cancelled,shipped,refunded,on hold'.split(',');
const PRODUCTS = 'USB-C cable,Desk lamp,Notebook A5,Water bottle,Headphones,Keyboard,Monitor arm,Backpack'.split(',');
const SERVICES = 'api-gateway,auth,billing,scheduler,worker-3,indexer,mailer'.split(',');
const EVENTS = [
  'request completed',
  'connection pool exhausted, waiting',
  'cache miss for key user:profile',
  'retrying after timeout',
  'job finished',
  'failed to parse payload: unexpected end of JSON input',
  'slow query detected',
  'certificate will expire soon',
];

export const rows = () =>
  texts('rows', (next, row, variant) => {
    const sep = [',', '\t', ' | ', ';'][variant % 4]!;
    if (row === 0) return ['id', 'name', 'city', 'product', 'quantity', 'price', 'status', 'created_at'].join(sep);
    const cells = [row, pick(NAMES, next), pick(CITIES, next), pick(PRODUCTS, next), 1 + next(40)];
    return [...cells, `${next(900)}.${pad(next(100))}`, pick(STATES, next), `${day(next)} ${time(next)}`].join(sep);
  });

export const numbers = () =>
  texts('numbers', (next, _row, variant) => {
    const one = [
      () => `${next(10_000_000)}`,
      () => `${next(1000)}.${pad(next(10_000), 4)}`,
      () => `${next(2) ? '-' : ''}${next(10)}.${pad(next(1_000_000), 6)}e${next(2) ? '-' : '+'}${pad(next(30))}`,
      () => `${day(next)}T${time(next)}.${pad(next(1000), 3)}Z`,
      () => `${next(256)}.${next(256)}.${next(256)}.${next(256)}`,
    ][variant % 5]!;
    return Array.from({ length: 6 }, one).join(variant % 2 ? ' ' : ', ');
  });

export const hashes = () =>
  texts('hashes', (next, _row, variant) =>
    [
      () => uuid(next),
      () => digest(next).toString('hex'),
      () => `${digest(next, 'sha1').toString('hex')}  src/${pick(SERVICES, next)}.ts`,
      () => `{"id":"${uuid(next)}","parent":"${digest(next).toString('hex').slice(0, 16)}"}`,
      () =>
        `${digest(next, 'md5').toString('hex').slice(0, 8)} ${uuid(next)} sha512-${digest(next, 'sha1').toString('hex')}`,
    ][variant % 5]!(),
  );

export const base64 = () =>
  texts(
    'base64',
    (next, _row, variant) => {
      const bytes = Buffer.concat(Array.from({ length: variant % 2 ? 12 : 2 }, () => digest(next)));
      return [
        () => bytes.toString('base64'),
        () => `data:image/png;base64,${bytes.toString('base64')}`,
        () => `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${bytes.toString('base64url')}`,
        () => bytes.toString('base64').replace(/.{76}/g, '$&\n'),
      ][variant % 4]!();
    },
    12,
  );

export const logs = () =>
  texts('logs', (next, _row, variant) => {
    const level = pick(['INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'], next);
    const [service, event] = [pick(SERVICES, next), pick(EVENTS, next)];
    return [
      () => `${day(next)}T${time(next)}.${pad(next(1000), 3)}Z ${level} [${service}] ${event} (${next(5000)} ms)`,
      () =>
        `{"level":${10 * (1 + next(5))},"time":${1.7e12 + next(1e9)},"pid":${next(65_536)},"name":"${service}","reqId":"req-${next(9999)}","msg":"${event}"}`,
      () => `Mar ${1 + next(28)} ${time(next)} host${next(9)} ${service}[${next(32_768)}]: ${event}`,
      () =>
        `10.0.${next(256)}.${next(256)} - - [${1 + next(28)}/Mar/2025:${time(next)} +0000] "GET /api/v1/${service}/${next(9999)}?page=${next(9)} HTTP/1.1" ${pick([200, 200, 304, 404, 500], next)} ${next(90_000)} "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
    ][variant % 4]!();
  });

/** Blocks of Unicode that most texts never touch: mathematics, braille, phonetics, ancient and private characters. */
const RARE_BLOCKS = [
  0x250, 0x2190, 0x2200, 0x2460, 0x2700, 0x2800, 0x2a00, 0x3400, 0x3d00, 0x4e40, 0x7340, 0x9f00, 0xa000, 0xe000,
  0x1d400, 0x1f100, 0x20000, 0x12000,
];

export const rareCharacters = () =>
  texts('rare', (next, _row, variant) =>
    Array.from({ length: 1 + next(8) }, () =>
      Array.from({ length: 1 + next(variant % 2 ? 6 : 2) }, () =>
        String.fromCodePoint(pick(RARE_BLOCKS, next) + next(96)),
      ).join(''),
    ).join(' '),
  );

/** Every emoji of one unit pair, by what the runtime knows of Unicode. */
const EMOJI = Array.from({ length: 0x700 }, (_, i) => String.fromCodePoint(0x1f300 + i)).filter((char) =>
  /\p{Emoji_Presentation}/u.test(char),
);
const COMMON = [...'😂🤣😊😍🙏👍🔥🎉💪🥳😭🤔🚀✅❌⭐💡🙌👏😅☕🌟💯🤝👀'];
const PARTS = ['❤️', '☀️', '✌️', '⚠️', '👍🏽', '👋🏻', '🙏🏿', '👩‍💻', '👨‍👩‍👧', '🏳️‍🌈', '🤷‍♀️', '🇯🇵', '🇧🇷', '🇩🇪', '1️⃣'];

export const emojiOnly = () =>
  texts('emoji', (next, _row, variant) =>
    Array.from({ length: 1 + next(12) }, () => pick([EMOJI, COMMON, PARTS][(variant + next(2)) % 3]!, next)).join(
      variant % 3 ? '' : ' ',
    ),
  );

export const emojiChat = (lines: readonly string[]) =>
  texts('emoji-chat', (next) => {
    const emoji = () => pick(next(4) ? COMMON : next(2) ? EMOJI : PARTS, next);
    const tail = Array.from({ length: 1 + next(3) }, next(2) ? emoji : () => pick(COMMON, next)).join('');
    const line = pick(lines, next);
    return next(5) === 0 ? `${emoji()} ${line}` : `${line}${next(2) ? ' ' : ''}${tail}`;
  });

export const boxes = (names: readonly string[]) =>
  texts('box', (next, row, variant) => {
    const name = names.length > 0 ? pick(names, next) : pick(SERVICES, next);
    if (variant % 2) return `${'│   '.repeat(next(3))}${next(4) ? '├──' : '└──'} ${name}`;
    const widths = [24, 10, 12];
    if (row % 12 === 0) return `┌${widths.map((width) => '─'.repeat(width + 2)).join('┬')}┐`;
    if (row % 12 === 2) return `├${widths.map((width) => '─'.repeat(width + 2)).join('┼')}┤`;
    if (row % 12 === 11) return `└${widths.map((width) => '─'.repeat(width + 2)).join('┴')}┘`;
    const cells = [name.slice(0, 24), String(next(100_000)), pick(STATES, next)];
    return `│ ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' │ ')} │`;
  });

/** What a tool answers about people and orders, and what was said, in Chinese. */
export const chineseJson = (sentences: readonly string[]) =>
  texts(
    'chinese-json',
    (next, row, variant) => {
      const kind = (variant + row) % 4;
      const value = [
        () => ({
          id: row + 1,
          姓名: pick(['王小明', '李思雨', '张伟', '陈静', '刘洋', '赵丽华', '周建国'], next),
          城市: pick(['北京', '上海', '广州', '成都', '杭州', '西安', '哈尔滨'], next),
          订单状态: pick(['已发货', '待付款', '已取消', '退款中', '配送延迟'], next),
          amount: next(100_000) / 100,
          备注: pick(['请在工作日送货', '客户要求开具发票', '门卫代收', '易碎物品，轻拿轻放', ''], next),
          created_at: `${day(next)} ${time(next)}`,
        }),
        () => ({
          tool_id: `tool-${next(99)}`,
          name: pick(['天气查询', '翻译服务', '日程管理'], next),
          description: pick(sentences, next),
          success: next(2) === 0,
        }),
        () => ({
          role: pick(['user', 'assistant'], next),
          content: `${pick(sentences, next)}${pick(sentences, next)}`,
        }),
        () => ({
          title: pick(sentences, next).slice(0, 14),
          url: `https://example.cn/news/${next(99_999)}.html`,
          summary: pick(sentences, next),
          score: next(1000) / 1000,
        }),
      ][kind]!();
      return variant % 3 ? JSON.stringify(value) : JSON.stringify(value, null, 2);
    },
    24,
  );
