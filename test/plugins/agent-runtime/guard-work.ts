import {
  call,
  compacts,
  failing,
  isoTime,
  type LoopCase,
  lines,
  says,
  streams,
  times,
  user,
  uuid,
} from './guard-events.ts';

const row = (n: number) => `| ${n} | name ${n} | 12 | open |\n`;
const same = '| - | none | 0 | open |\n';

/** Work that looks like a loop to a careless eye: those that the specification lists, then others. */
export const WORK: readonly LoopCase[] = [
  { name: 'a batch of twenty files', events: times(20, (n) => call('files/read', { path: `${n}.txt` }, lines(n))) },
  {
    name: 'test, fix, test: the same failure until it is mended',
    events: times(8, (n) => [
      call('files/edit', { path: 'a.ts', line: n }, 'ok'),
      failing('shell', { command: 'npm test' }, 'FAIL a.test.ts: expected 3, got 2'),
    ]),
  },
  {
    name: 'a log that grows',
    events: times(10, (n) => call('shell', { command: 'tail build.log' }, lines(n, 5), { poll: true })),
  },
  {
    name: 'a poll that finds nothing new',
    events: times(19, () => call('jobs/status', { id: 7 }, 'running', { poll: true })),
  },
  {
    name: '429 four times, then an answer',
    events: [
      ...times(4, () => failing('search', { q: 'x' }, 'HTTP 429 Too Many Requests')),
      call('search', { q: 'x' }, { hits: ['a'] }),
    ],
  },
  {
    name: 'a file that is looked at after each edit',
    events: times(6, (n) => [
      call('files/edit', { path: 'a.ts', n }, 'ok', { mutated: true }),
      call('files/read', { path: 'a.ts' }, lines(n)),
    ]),
  },
  {
    name: 'a user who asks the same four times',
    events: times(4, () => [user, call('weather', { city: 'Bonn' }, 'rain'), says('It rains in Bonn.')]),
  },
  {
    name: 'a long list',
    events: [streams(Array.from({ length: 80 }, (_, n) => `- entry ${n} of the list\n`).join(''))],
  },
  {
    name: 'code that repeats itself',
    events: [streams(`Here:\n\`\`\`ts\n${'  expect(one).toBe(1);\n'.repeat(60)}\`\`\`\n`)],
  },
  { name: 'dividers', events: [streams(`${'-'.repeat(900)}\n${'=*'.repeat(400)}\n`)] },
  {
    name: 'a table',
    events: [streams(`| a | b | c | d |\n|---|---|---|---|\n${Array.from({ length: 40 }, (_, n) => row(n)).join('')}`)],
  },
  { name: 'a table of equal rows', events: [streams(`| a | b | c | d |\n|---|---|---|---|\n${same.repeat(40)}`)] },
  {
    name: 'three different messages',
    events: [says('I looked at the file.'), says('The test is wrong.'), says('Shall I mend it?')],
  },
  {
    name: 'compressions that help',
    events: times(4, (m) => [
      compacts(100_000, 30_000),
      ...times(6, (n) => call('files/read', { path: `${m}-${n}` }, lines(m * 10 + n))),
    ]),
  },
  { name: 'sleeps', events: times(8, () => call('shell', { command: 'sleep 30 && cat state' }, 'building')) },
  {
    name: 'a file that is read again once after a compression',
    events: [
      ...times(2, () => call('files/read', { path: 'a.txt' }, 'hello')),
      compacts(100_000, 30_000),
      call('files/read', { path: 'a.txt' }, 'hello'),
    ],
  },
  {
    name: 'files that are read again after a compression',
    events: [
      ...times(12, (n) => call('files/read', { path: `${n}` }, lines(n))),
      compacts(100_000, 30_000),
      ...times(12, (n) => call('files/read', { path: `${n}` }, lines(n))),
    ],
  },
  { name: 'the same call twice', events: times(2, () => call('files/read', { path: 'a.txt' }, 'hello')) },
  {
    name: 'errors of other kinds',
    events: [
      'ENOENT: no such file',
      'EACCES: permission denied',
      'EISDIR: is a directory',
      'unexpected token in JSON',
    ].map((error, n) => failing('files/read', { path: `${n}` }, error)),
  },
  {
    name: 'a wrong guess, four times, with other arguments',
    events: [
      ...times(4, (n) => failing('files/read', { path: `${n}` }, 'not found')),
      call('files/read', { path: 'x' }, 'there'),
    ],
  },
  {
    name: 'two calls that take turns and move on',
    events: times(6, (n) => [call('next', {}, lines(n, 2)), call('save', { n }, 'saved')]),
  },
  {
    name: 'the same call with other results',
    events: times(8, (n) => call('dice', {}, { rolled: `face ${(n * 5) % 6} ${n}` })),
  },
  // Others
  {
    name: 'records deleted one by one, by UUID, each with the same answer',
    events: times(20, (n) => call('records/delete', { id: uuid(n), force: true }, 'ok')),
  },
  {
    name: 'state of twenty orders by UUID, all the same',
    events: times(4, (n) => call('orders/get', { id: uuid(n) }, { state: 'sent' })),
  },
  { name: 'pages', events: times(15, (n) => call('list', { page: n + 1, size: 50 }, { rows: lines(n), next: n + 2 })) },
  {
    name: 'hours of one day of which two are free',
    events: times(4, (n) => call('calendar', { from: `2026-03-01T${10 + n}:00:00Z`, who: 'all' }, 'no events')),
  },
  {
    name: 'an outage that ends, twice',
    events: times(2, () => [
      ...times(7, () => failing('fetch', { url: 'x' }, 'connect ETIMEDOUT 10.0.0.1:443')),
      call('fetch', { url: 'x' }, lines(1)),
    ]),
  },
  {
    name: 'state asked for between waits',
    events: times(10, () => [call('sleep', { seconds: 5 }, ''), call('deploy/state', { id: 3 }, 'pending')]),
  },
  {
    name: 'commands that say nothing when they work',
    events: times(20, (n) => call('shell', { command: `cp ${n}.txt /backup/${n}.txt` }, '')),
  },
  {
    name: 'twenty files written',
    events: times(20, (n) => call('files/write', { path: `${n}.md`, text: lines(n) }, { success: true })),
  },
  {
    name: 'Chinese messages that differ',
    events: [says('我先看一下日志文件。'), says('测试失败的原因是端口被占用。'), says('现在可以重新部署了吗？')],
  },
  {
    name: 'twenty mails sent, each answered in Chinese',
    events: times(20, (n) => call('mail/send', { to: `${n}@x` }, '发送成功')),
  },
  {
    name: 'an unlike error between',
    events: times(3, () => [
      ...times(2, () => failing('sql', { q: 1 }, 'no such table: a')),
      failing('sql', { q: 2 }, 'near "(": syntax error'),
      call('sql', { q: 3 }, lines(3)),
    ]).slice(0, 6),
  },
  {
    name: 'a task for one below',
    events: [(guard) => guard.delegation('Read chapter 2', ['Read the book', 'Read chapter 1'])],
  },
  {
    name: 'test, fix, test: edits that say nothing',
    events: times(10, (n) => [
      call('files/applyPatch', { patch: lines(n) }, undefined),
      call('tests/run', {}, '3 failed, 20 passed'),
    ]),
  },
  { name: 'code that repeats itself, indented', events: [streams(`So:\n\n${'    await step(next);\n'.repeat(60)}`)] },
  {
    name: 'twenty rows written, each with its error field',
    events: times(20, (n) =>
      call('rows/insert', { n }, n % 2 ? { success: true, error: null } : '{"success":true,"error":null}'),
    ),
  },
  {
    name: 'a chain of compressions that fit one request',
    events: [compacts(100_000, 88_000), compacts(88_000, 70_000), compacts(70_000, 30_000), call('a', {}, 'x')],
  },
  {
    name: 'a song with a refrain',
    events: [
      streams(
        Array.from({ length: 12 }, (_, n) => `Verse ${n} tells of ${lines(n, 1)}\nAnd we sing along.\n`).join(''),
      ),
    ],
  },
  {
    name: 'a screen that is read after each key',
    events: times(8, (n) => [
      call('keys/press', { key: 'Down' }, 'ok', { mutated: true }),
      call('screen', {}, lines(n)),
    ]),
  },
  {
    name: 'metrics over growing windows',
    events: times(4, (n) => call('metrics', { window: `${n + 1}m`, of: 'cpu' }, 'flat')),
  },
  {
    name: 'results that differ in a number only',
    events: times(6, (n) => call('count', { of: 'rows' }, `${1_000 + n} rows`)),
  },
  { name: 'a clock', events: times(2, (n) => call('now', {}, isoTime(n))) },
];
