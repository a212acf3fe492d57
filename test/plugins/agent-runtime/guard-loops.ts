import {
  address,
  call,
  compacts,
  failing,
  isoTime,
  type LoopCase,
  lines,
  says,
  streams,
  times,
  uuid,
} from './guard-events.ts';

const tests = (n: number) => `2 failed, 31 passed in ${(n % 7) + 0.31}s`;
const sentence = 'I will now continue with the next step of the task. ';
const long =
  'The deployment needs another look because the service does not answer on the port that it was given, so I check the configuration again and again, first. ';

/** Loops, by detector: those that the specification lists, then others. */
export const LOOPS: readonly LoopCase[] = [
  // D1: the same call
  {
    name: 'the same call with the same result',
    events: times(5, () => call('files/read', { path: 'a.txt' }, 'hello')),
    kind: 'same_call',
    nudge: 3,
    stop: 5,
  },
  {
    name: 'keys in another order',
    events: times(5, (n) => call('search', n % 2 ? { q: 'x', k: 3 } : { k: 3, q: 'x' }, { hits: ['a'], n: 1 })),
    kind: 'same_call',
    nudge: 3,
    stop: 5,
  },
  {
    name: 'keys inside in another order, in the result too',
    events: times(5, (n) =>
      n % 2
        ? call('search', { filter: { a: 1, b: [{ c: 2, d: 3 }] } }, { x: { y: 1, z: 2 } })
        : call('search', { filter: { b: [{ d: 3, c: 2 }], a: 1 } }, { x: { z: 2, y: 1 } }),
    ),
    kind: 'same_call',
    stop: 5,
  },
  {
    name: 'only process id and time differ',
    events: times(5, (n) =>
      call('shell', { command: 'ps' }, `${isoTime(n)} worker[${400 + n * 977}] pid=${4_711 + n} took ${n * 3.7} ms`),
    ),
    kind: 'same_call',
    nudge: 3,
    stop: 5,
  },
  {
    name: 'only identifiers, addresses and temporary names differ',
    events: times(5, (n) =>
      call(
        'run',
        { script: 'a.py', request_id: uuid(n), out: `/tmp/tmp${uuid(n).slice(0, 6)}x/out.txt` },
        `<object at ${address(n)}> run ${uuid(n + 50)} wrote /tmp/tmp${uuid(n + 9).slice(0, 6)}q/out.txt for call_${uuid(n).slice(9, 23)}`,
      ),
    ),
    kind: 'same_call',
    stop: 5,
  },
  {
    name: 'text between the calls',
    events: times(5, (n) => [says(lines(n, 3)), call('files/read', { path: 'a.txt' }, 'hello')]),
    kind: 'same_call',
    nudge: 6,
    stop: 10,
  },
  {
    name: 'a compression between',
    events: [
      ...times(3, () => call('files/read', { path: 'a.txt' }, 'hello')),
      compacts(100_000, 40_000),
      ...times(3, () => call('files/read', { path: 'a.txt' }, 'hello')),
    ],
    kind: 'same_call',
    nudge: 3,
    stop: 7,
  },
  {
    name: 'a list of things to do that is written again unchanged',
    events: times(5, () => call('todo/write', { items: [{ text: 'build', done: false }] }, 'ok', { mutated: true })),
    kind: 'same_call',
    nudge: 3,
    stop: 5,
  },
  { name: 'no arguments', events: times(5, () => call('status', {}, { state: 'idle' })), kind: 'same_call', stop: 5 },
  // D3: cycles
  {
    name: 'a cycle of two',
    events: times(3, () => [call('a', { x: 1 }, 'one'), call('b', { y: 1 }, 'two')]),
    kind: 'cycle',
    stop: 6,
  },
  {
    name: 'a cycle of three',
    events: times(3, () => ['a', 'b', 'c'].map((name) => call(name, { x: 1 }, `${name} says so`))),
    kind: 'cycle',
    stop: 9,
  },
  {
    name: 'a cycle of five',
    events: times(3, () => ['a', 'b', 'c', 'd', 'e'].map((name) => call(name, {}, { name }))),
    kind: 'cycle',
  },
  {
    name: 'the same edit and the same failing build',
    events: times(4, () => [
      call('files/edit', { path: 'a.ts', old: 'x', new: 'y' }, 'edited', { mutated: true }),
      failing('shell', { command: 'npm run build' }, "a.ts(3,5): error TS2304: Cannot find name 'y'."),
    ]),
    kind: 'cycle',
    stop: 6,
  },
  // D2: errors
  {
    name: 'the same error with the same arguments',
    events: times(5, (n) => failing('files/read', { path: '/x/a' }, `ENOENT: no such file "/x/a" (attempt ${n})`)),
    kind: 'same_error',
    nudge: 3,
    stop: 5,
  },
  {
    name: 'the same error whatever the arguments',
    events: times(8, (n) =>
      failing('shell', { command: `ls -l /data/${n}` }, `ls: cannot access '/data/${n}': No such file`),
    ),
    kind: 'same_error',
    nudge: 5,
    stop: 8,
  },
  {
    name: 'a syntax error again and again',
    events: times(8, (n) =>
      failing(
        'sql/query',
        { sql: `SELEC ${n} FROM t` },
        { code: 'SYNTAX', message: `near "SELEC": syntax error at ${n}` },
      ),
    ),
    kind: 'same_error',
    nudge: 5,
    stop: 8,
  },
  {
    name: 'tools that do not exist',
    events: times(8, (n) => failing(`tool_${n}`, { q: n }, `unknown tool "tool_${n}"`)),
    kind: 'same_error',
    nudge: 5,
    stop: 8,
  },
  // D4: messages without a call
  { name: 'the same message', events: times(3, () => says(sentence)), kind: 'monologue', stop: 3 },
  {
    name: 'nearly the same message',
    events: times(3, (n) => says(`Attempt ${n + 1}: ${sentence}I am still waiting for your answer${'.'.repeat(n)}`)),
    kind: 'monologue',
    stop: 3,
  },
  {
    name: 'nearly the same message in Chinese',
    events: times(3, (n) => says(`好的，我现在继续执行下一步任务，请稍等片刻，马上就会有结果${['。', '！', '～'][n]}`)),
    kind: 'monologue',
    stop: 3,
  },
  { name: 'empty messages', events: times(3, (n) => says(' \n'.repeat(n))), kind: 'monologue', stop: 3 },
  // D5: chanting
  { name: 'one sentence without end', events: [streams(`Well. ${sentence.repeat(30)}`)], kind: 'chanting', stop: 1 },
  {
    name: 'one Chinese sentence without end',
    events: [streams('我再检查一遍配置。'.repeat(60), 3)],
    kind: 'chanting',
    stop: 1,
  },
  {
    name: 'a paragraph of 150 characters without end',
    events: [streams(long.repeat(9), 11)],
    kind: 'chanting',
    stop: 1,
  },
  // D7: compressions
  { name: 'a compression that frees nothing', events: [compacts(100_000, 95_000)], kind: 'compaction_loop', stop: 1 },
  {
    name: 'compressions with hardly a call between',
    events: times(3, (n) => [compacts(100_000, 60_000), call('files/read', { path: `${n}` }, lines(n))]),
    kind: 'compaction_loop',
    stop: 5,
  },
  // D6: no progress
  {
    name: 'three files in changing order',
    events: [...'abcbacabcacbabca'].map((name) => call('files/read', { path: name }, lines(name.charCodeAt(0)))),
    kind: 'no_progress',
  },
  {
    name: 'searches in other words that find nothing',
    events: times(14, (n) => call('search', { q: `words ${n}` }, { hits: [] })),
    kind: 'no_progress',
    stop: 12,
  },
  {
    name: 'searches that succeed in finding nothing',
    events: times(12, (n) => call('web_search', { q: `words ${n}` }, { status: 'success', data: null })),
    kind: 'no_progress',
    stop: 12,
  },
  {
    name: 'pages past the end',
    events: [
      ...times(3, (n) => call('list', { page: n }, lines(n))),
      ...times(14, (n) => call('list', { page: 3 + n }, 'No more results.')),
    ],
    kind: 'no_progress',
  },
  // Others
  {
    name: 'a poll beyond its limit',
    events: times(20, () => call('jobs/status', { id: 7 }, 'running', { poll: true })),
    kind: 'same_call',
    stop: 20,
  },
  {
    name: 'an outage that does not end',
    events: times(8, (n) => failing(n % 2 ? 'search' : 'fetch', { n }, 'HTTP 503 Service Unavailable')),
    kind: 'infra_outage',
    stop: 8,
  },
  {
    name: 'rate limits with waits between',
    events: times(8, (n) => [
      failing('search', { q: 'x' }, { code: '429', message: 'slow down' }),
      call('sleep', { seconds: 2 ** n }, ''),
    ]),
    kind: 'infra_outage',
  },
  {
    name: 'a result of MCP that says it is an error',
    events: times(5, () =>
      call('db/query', { sql: 'x' }, { isError: true, content: [{ type: 'text', text: 'no such table: x' }] }),
    ),
    kind: 'same_error',
    nudge: 3,
    stop: 5,
  },
  {
    name: 'a traceback that ends in the same error, from other lines',
    events: times(8, (n) =>
      failing(
        'python',
        { code: `f(${n})` },
        `Traceback (most recent call last):\n  File "/tmp/a${n}.py", line ${n}\nNameError: name 'f${n}' is not defined`,
      ),
    ),
    kind: 'same_error',
    nudge: 5,
    stop: 8,
  },
  {
    name: 'two messages that take turns',
    events: times(3, () => [says(sentence), says('Shall I go on with the work that is left to do?')]),
    kind: 'monologue',
    stop: 5,
  },
  {
    name: 'a cycle of four whose times differ',
    events: times(3, (n) =>
      ['a', 'b', 'c', 'd'].map((name, at) => call(name, { since: 'start' }, `${name} at ${isoTime(n * 4 + at)}`)),
    ),
    kind: 'cycle',
    stop: 12,
  },
  {
    name: 'a long result with other times in it',
    events: times(5, (n) => call('logs', {}, `${lines(1, 3_000)}\n${isoTime(n)}\n${lines(2, 3_000)}`)),
    kind: 'same_call',
    stop: 5,
  },
  {
    name: 'a task that is thought about without end',
    events: times(13, (n) => call('think', { thought: lines(n, 2) }, '')),
    kind: 'no_progress',
    stop: 12,
  },
  {
    name: 'the same task given to one below',
    events: [(guard) => guard.delegation('Write  the report!', ['Plan the week', 'write the report'])],
    kind: 'delegation_loop',
    stop: 1,
  },
  {
    name: 'chanting after a code block that was closed',
    events: [streams(`\`\`\`js\nlet a = 1;\n\`\`\`\n${sentence.repeat(30)}`)],
    kind: 'chanting',
    stop: 1,
  },
  {
    name: 'tests that are run again without an edit',
    events: times(5, (n) => call('shell', { command: 'npm test' }, tests(n))),
    kind: 'same_call',
    stop: 5,
  },
];
