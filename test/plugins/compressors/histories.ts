import fc from 'fast-check';
import type { Message, Part } from '#plugins/context/api';

/** Texts that outputs and messages are made of: languages, sizes and shapes that tools really give. */
const ENGLISH = 'The import reads each line of the file, and stops at the first that it cannot parse. ';
const CHINESE = '导入任务在凌晨两点读取日志文件，遇到无法解析的行就会停止，并且写下错误的位置。';
const JSON_ROWS = '{"id":"9f86d081884c7d65","path":"/srv/导入/a.log","size":48213,"ok":false},\n';
const EMOJI = '👩‍🔧 fixed 🚀 café ';
const TEXTS: readonly string[] = [
  '',
  'ok',
  '完成',
  ...[3, 12, 40, 100].flatMap((times) =>
    [ENGLISH, CHINESE, JSON_ROWS, EMOJI].map((text, index) => `${index} ${text.repeat(times)}`),
  ),
  'a'.repeat(6000),
  'deadbeef0123'.repeat(400),
];
const SHORT: readonly string[] = ['', 'next', '继续', ENGLISH, CHINESE, ENGLISH.repeat(6), CHINESE.repeat(9)];

const text = fc.constantFrom(...TEXTS);
const short = fc.constantFrom(...SHORT);
const media: fc.Arbitrary<Part> = fc.constantFrom<Part>(
  { type: 'media', mediaType: 'image/png', url: 'https://pictures.example/a.png' },
  { type: 'media', mediaType: 'application/pdf', data: 'JVBERi0='.repeat(50) },
);

const call = fc.record({
  name: fc.constantFrom('read_file', 'shell', '搜索', 'load_skill'),
  args: fc.constantFrom('{}', '{"path":"/srv/导入/日志.txt"}', JSON.stringify({ text: ENGLISH.repeat(10) })),
  state: fc.constantFrom('done' as const, 'done' as const, 'done' as const, 'error' as const),
  output: text,
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

const unit = fc.oneof(
  { weight: 6, arbitrary: fc.record({ says: short, calls: fc.array(call, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ says: short, calls: fc.constant<Call[]>([]) }) },
  { weight: 2, arbitrary: fc.record({ user: short, picture: fc.option(media, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ notice: short }) },
);

/** Histories that a provider would take: system messages or none, a task, then whatever agents and people do. */
export const anyHistory: fc.Arbitrary<readonly Message[]> = fc
  .record({
    system: fc.boolean(),
    marked: fc.boolean(),
    task: fc.constantFrom(ENGLISH, CHINESE, CHINESE.repeat(40)),
    units: fc.array(unit, { minLength: 1, maxLength: 16 }),
    pending: fc.boolean(),
  })
  .map(({ system, marked, task, units, pending }) => {
    const history: Message[] = [];
    const put = (message: Omit<Message, 'id' | 'at'>): void => {
      history.push({ ...message, id: `m${history.length}`, at: history.length });
    };
    if (system) put({ role: 'system', parts: [{ type: 'text', text: 'You are careful.' }] });
    put({ role: 'user', ...(marked && { kind: 'task' }), parts: [{ type: 'text', text: task }] });
    for (const each of units)
      if ('notice' in each) put({ role: 'user', kind: 'notice', parts: [{ type: 'text', text: each.notice }] });
      else if ('user' in each)
        put({ role: 'user', parts: [{ type: 'text', text: each.user }, ...(each.picture ? [each.picture] : [])] });
      else
        put({
          role: 'assistant',
          parts: [{ type: 'text', text: each.says }, ...each.calls.map(partOf(history.length))],
        });
    const last = history.at(-1)!;
    if (pending && last.role === 'assistant')
      history[history.length - 1] = { ...last, parts: last.parts.map(unanswered) };
    return frozen(history);
  });

const partOf =
  (message: number) =>
  (made: Call, index: number): Part => ({ type: 'tool', call: `c${message}-${index}`, ...made });

/** To the bottom: whoever changes what it was given fails. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

/** Every second call of the last message still runs. */
const unanswered = (part: Part, index: number): Part => {
  if (part.type !== 'tool' || index % 2 === 0) return part;
  const { output: _, ...rest } = part;
  return { ...rest, state: 'pending' };
};
