import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { fault } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { Trajectories } from '#plugins/trajectory/api';
import { parseCommand } from '../../../plugins/tasks/command-line.ts';
import { openCli } from './open-cli.ts';

const until = (expectation: () => void): Promise<void> => vi.waitFor(expectation, { timeout: 10_000, interval: 10 });
const ESC = '\u001b';

describe('one task from a command line', () => {
  it('says the answer alone on standard output, and the rest on standard error', async () => {
    const { code, out, err } = await openCli().run('steps=2', 'answer=42');
    expect(out).toBe('42\n');
    expect(code).toBe(0);
    expect(err).toMatch(/^run [\w-]+, scripted\nstep 1 {2}1200 in 80 out {2}\$0\.0100 {2}context 900\n/);
    expect(err).toContain('> files__read  "someKey":"a.txt","nested":{"innerKey":"漢字"}\n');
    expect(err).toContain('< files__read  ok 0.0 s  2 lines [2J\n');
    expect(err).toMatch(/done \(2 steps, 2400 in 160 out, \$0\.0200, 0\.\d s\)\n$/);
    expect(err).not.toContain(ESC);
  });

  it.each([
    ['done', 0],
    ['error', 1],
    ['context_overflow', 1],
    ['budget_steps', 3],
    ['budget_tokens', 3],
    ['budget_usd', 3],
    ['budget_time', 3],
    ['budget_depth', 3],
    ['stuck', 4],
    ['needs_human', 5],
    ['interrupted', 130],
  ])('ends with a code of its own for %s', async (stop, expected) => {
    const { code, out, err } = await openCli().run(`stop=${stop} answer=sofar`);
    expect(code).toBe(expected);
    expect(out).toBe('sofar\n');
    expect(err).toContain(stop === 'done' ? 'done (1 step,' : `${stop}: `);
  });

  it('tells machines each event, and its result in the last line', async () => {
    const { code, out, err } = await openCli().run('--json', '--max-steps', '2', 'steps=5 say=a_b wait=tool');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual([
      ...['started', 'step', 'call', 'result', 'step', 'waiting', 'resumed', 'text', 'done'],
    ]);
    expect(lines[1]).toMatchObject({ step: 1, context_tokens: 900, spent: { cache_read: 0, usd: 0.01 } });
    // What a tool is given is not ours to rename.
    expect(lines[2].args).toEqual({ someKey: 'a.txt', nested: { innerKey: '漢字' } });
    expect(lines[3]).toMatchObject({ duration_ms: 12, ok: true });
    expect(lines[8]).toMatchObject({
      result: { answer: 'a b', steps: 2, stop: { kind: 'done' }, elapsed_ms: expect.any(Number) },
    });
    expect(new Set(lines.map(({ run }) => run)).size).toBe(1);
    expect([code, err]).toEqual([0, '']);
  });

  it('reads the task from standard input', async () => {
    const { run, terminal } = openCli();
    terminal.stdin.end('answer=from_input\n');
    expect(await run('-')).toMatchObject({ code: 0, out: 'from_input\n' });
  });

  it.each<[string[], string | Buffer, RegExp]>([
    [[''], '', /^TASK_INVALID: the task is empty/],
    [['-'], ' \n', /^TASK_INVALID: the task is empty/],
    [['-'], 'x'.repeat(30), /^TASK_INVALID: the task has 30 bytes; 20 are allowed/],
    [['-'], Buffer.from([0x61, 0xff]), /^TASK_INVALID: standard input is not UTF-8/],
    [['x'.repeat(21)], '', /^TASK_INVALID: the task has 21 bytes/],
    [[], '', /^CLI_USAGE: no task.*\nhint: see --help/],
    [['--no-such'], '', /^CLI_USAGE: Unknown option '--no-such'/],
    [['--max-steps', '0', 'a'], '', /^CLI_USAGE: --max-steps wants a whole number from 1, and got "0"/],
    [['--max-usd=x', 'a'], '', /^CLI_USAGE: --max-usd wants a number above 0/],
    [['--resume', 'r', 'a'], '', /^CLI_USAGE: --resume takes no task/],
    [['--resume', 'r', '--max-steps', '1'], '', /^CLI_USAGE: --resume takes no --max-steps/],
    [['--file', 'f', 'a'], '', /^CLI_USAGE: --file takes no task/],
    [['--out', 'f', 'a'], '', /^CLI_USAGE: --out belongs to --file/],
    [['--file', '/no/such'], '', /^TASKS_FILE: cannot read \/no\/such: ENOENT/],
  ])('refuses %j', async (argv, input, err) => {
    const { run, terminal, agent } = openCli({ config: { maxTaskBytes: 20 } });
    terminal.stdin.end(input);
    const said = await run(...argv);
    expect(said.err).toMatch(err);
    expect(said).toMatchObject({ code: 2, out: '' });
    expect(agent.begun).toEqual([]);
  });

  it('refuses a profile that nobody configured, and names those that are', async () => {
    const llm = { profiles: ['default', 'fast'] } as unknown as Llm;
    const { code, err } = await openCli({ llm }).run('--profile', 'fats', 'answer=1');
    expect([code, err]).toEqual([2, expect.stringMatching(/^TASK_INVALID: .*"fats".*\nthere is: default, fast\n/)]);
    expect(await openCli({ llm }).run('--profile', 'fast', 'answer=1')).toMatchObject({ code: 0 });
    const { run, terminal } = openCli({ llm });
    terminal.stdin.end('{"description":"answer=1","profile":"fats"}\n{"description":"answer=2"}\n');
    const said = await run('--file', '-');
    expect([said.code, said.err]).toEqual([1, expect.stringContaining('-:1 ')]);
    expect(said.err).toContain('TASK_INVALID: there is no profile "fats"');
    expect(said.out).toContain('"answer":"2"');
  });

  it('warns once where a limit in money holds nothing back', async () => {
    const warning = /the limit in US dollars does not hold: the model has no price/g;
    for (const tty of [[], ['stderr']] as const) {
      const { err } = await openCli({ tty, columns: 200 }).run('--max-usd', '1', 'steps=3 unpriced');
      expect(err.match(warning)).toHaveLength(1);
      expect((await openCli({ tty }).run('--max-usd', '1', 'steps=3')).err).not.toMatch(warning);
      expect((await openCli({ tty }).run('steps=3 unpriced')).err).not.toMatch(warning);
    }
  });

  it('explains itself', async () => {
    expect(await openCli().run('--help')).toMatchObject({ code: 0, out: expect.stringMatching(/^usage: /) });
  });

  it('is interrupted within a step, says how to go on, and goes on', async () => {
    const first = openCli();
    const running = first.run('steps=20 ms=20 answer=whole');
    await until(() => expect(first.said.err).toContain('step 2'));
    first.interrupt();
    const { code, err, out } = await running;
    expect(code).toBe(130);
    expect(out).toBe('');
    const [, run] = /--resume ([\w-]+)\n$/.exec(err)!;
    expect(err).toContain('Stopping within this step');
    const next = openCli({ folder: first.dir });
    expect(await next.run('--resume', run!)).toMatchObject({ code: 0, out: 'whole\n' });
    expect(next.agent.steps).toHaveLength(20);
    expect(await openCli({ folder: first.dir }).run('--resume', run!)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TRAJECTORY_CLOSED: /),
    });
    expect(await openCli().run('--resume', 'none', '--json')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^\{"type":"error","code":"TRAJECTORY_UNKNOWN"/),
    });
  });

  it('stops when nobody reads its output any more', async () => {
    const { run, terminal, said } = openCli();
    const running = run('--json', 'steps=1000 ms=20');
    await until(() => expect(said.out).toContain('"step":2'));
    terminal.stdout.destroy(new Error('EPIPE'));
    expect((await running).code).toBe(130);
  });
});

describe('a person at the terminal', () => {
  it('permits a tool, once or not, and sees all of what it is to do', async () => {
    for (const [typed, answer] of [
      ['what?\no\n', 'once'],
      ['always\n', 'always'],
      ['n\n', 'deny'],
    ] as const) {
      const { run, terminal, said } = openCli({ tty: ['stdin'] });
      const running = run('permit');
      await until(() => expect(said.err).toContain('[d]eny'));
      terminal.stdin.write(`${typed.split('\n')[0]}\n`);
      const second = typed.split('\n')[1];
      if (second) {
        await until(() => expect(said.err.match(/\[d\]eny/g)).toHaveLength(2));
        terminal.stdin.write(`${second}\n`);
      }
      expect((await running).out).toBe(`${answer}\n`);
      expect(said.err).toContain('Permission for shell__run? it writes (rule: shell)\n');
      expect(said.err).toContain('rm -r \\u001b[31mbuild');
      expect(said.err).not.toContain(ESC);
    }
  });

  it('answers a question by number or in words; the end of input is no answer', async () => {
    for (const [typed, answer] of [
      ['2\n', 'blue'],
      ['\ngreen\n', 'green'],
    ] as const) {
      const { run, terminal, said } = openCli({ tty: ['stdin'] });
      const running = run('ask=Which?');
      for (const line of typed.slice(0, -1).split('\n')) {
        const asked = said.err.match(/number or answer/g)?.length ?? 0;
        await until(() => expect(said.err.match(/number or answer/g)?.length ?? 0).toBeGreaterThanOrEqual(asked || 1));
        await sleep(20);
        terminal.stdin.write(`${line}\n`);
      }
      expect((await running).out).toBe(`${answer}\n`);
      expect(said.err).toContain('Question: Which?\n  1. red\n  2. blue\n');
    }
    const { run, terminal } = openCli({ tty: ['stdin'] });
    terminal.stdin.end();
    expect((await run('ask=Which?')).code).toBe(5);
  });

  it('is asked nothing where there is no terminal, and permits all with --yes', async () => {
    expect((await openCli().run('permit')).out).toBe('nobody\n');
    expect((await openCli().run('ask=Which?')).code).toBe(5);
    expect((await openCli().run('--yes', 'permit')).out).toBe('once\n');
    expect((await openCli({ tty: ['stdin'] }).run('--yes', 'permit')).out).toBe('once\n');
    expect((await openCli({ tty: ['stdin'] }).run('--json', 'permit')).out).toContain('"answer":"nobody"');
  });

  it('may interrupt a question', async () => {
    const { run, said, interrupt } = openCli({ tty: ['stdin'] });
    const running = run('ask=Which?');
    await until(() => expect(said.err).toContain('number or answer'));
    interrupt();
    expect((await running).code).toBe(130);
  });
});

describe('tasks of a file', () => {
  it('are run some at once; bad lines are told by number, and the rest is done', async () => {
    const { run, dir } = openCli({ config: { concurrency: 2 } });
    const file = join(dir, 'tasks.jsonl');
    const lines = [
      '{"id":"a","description":"answer=1 ms=30"}',
      'nonsense',
      '',
      '{"description":""}',
      '{"description":"answer=2"}',
    ];
    writeFileSync(file, `${lines.join('\n')}\n{"id":"a","description":"again"}\n{"id":"b/","description":"x"}`);
    const { code, out, err } = await run('--file', file);
    expect(code).toBe(1);
    const results = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results.map(({ answer }) => answer).sort()).toEqual(['1', '2']);
    expect(results.find(({ answer }) => answer === '2').id).toMatch(/^[0-9a-f]{64}$/);
    for (const told of [':2: not JSON', ':4: the task is empty', ':6: the same task as line 1', ':7: "b/" is no id'])
      expect(err).toContain(`${file}${told}`);
  });

  it('may be seeds of a synthesis, as they stand in their file', async () => {
    const { run, dir } = openCli();
    const file = join(dir, 'seed_tasks.jsonl');
    const seed = { task_type: 'booking', expected_tools: ['book'], max_steps: 9, lineage: { trajectory: 't' } };
    writeFileSync(file, `${JSON.stringify({ task_id: 'seed-0a1b', description: 'answer=1', ...seed })}\n`);
    const { code, out } = await run('--file', file);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 'seed-0a1b', answer: '1' });
  });

  it('that are done are not done again, and one that was cut off is gone on with', async () => {
    const first = openCli({ config: { concurrency: 2 } });
    const file = join(first.dir, 'tasks.jsonl');
    const out = join(first.dir, 'results.jsonl');
    writeFileSync(file, '{"id":"a","description":"answer=1"}\n{"id":"b","description":"steps=20 ms=20 answer=2"}\n');
    writeFileSync(out, '{"id":"torn","st');
    const running = first.run('--file', file, '--out', out);
    await until(() => expect(first.agent.steps).toContain('b 3'));
    first.interrupt();
    expect(await running).toMatchObject({ code: 130, out: '' });
    const next = openCli({ folder: first.dir });
    expect(await next.run('--file', file, '--out', out)).toMatchObject({ code: 0, out: '' });
    expect(next.agent.begun).toEqual(['resume b']);
    const results = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line));
    expect(results).toMatchObject([
      { id: 'a', answer: '1' },
      { id: 'b', answer: '2', steps: 20 },
    ]);
    expect(next.agent.steps.filter((step) => step.startsWith('b'))).toHaveLength(20);
    const third = openCli({ folder: first.dir });
    expect((await third.run('--file', file, '--out', out)).err).toContain('done already');
    expect(third.agent.begun).toEqual([]);
  });

  it('are not given the result of another task whose run has the same name', async () => {
    const runs: Record<string, string> = {
      mine: 'answer=1 password: ***',
      theirs: 'answer=9',
    };
    const trajectories = {
      get: async (id: string) => {
        if (runs[id] === undefined) throw fault('TRAJECTORY_UNKNOWN', id, { kind: 'not_found' });
        return { task: runs[id] };
      },
    } as unknown as Trajectories;
    const { run, terminal, agent } = openCli({ trajectories });
    terminal.stdin.end(
      '{"id":"mine","description":"answer=1 password: hunter2"}\n{"id":"theirs","description":"answer=2"}\n',
    );
    const { code, err } = await run('--file', '-');
    expect(code).toBe(1);
    expect(err).toContain('TASK_ID_TAKEN: there is a run "theirs" of another task already');
    expect(agent.begun).toEqual(['run mine']);
  });

  it('that ended undone are tried again under a name that no task can have', async () => {
    const first = openCli();
    const file = join(first.dir, 'tasks.jsonl');
    writeFileSync(file, '{"id":"a","description":"stop=stuck"}\n');
    await first.run('--file', file);
    const next = openCli({ folder: first.dir });
    await next.run('--file', file);
    expect(next.agent.begun).toEqual(['run a~2']);
    const { run, terminal } = openCli();
    terminal.stdin.end('{"id":"a~2","description":"answer=1"}\n');
    expect((await run('--file', '-')).err).toContain('"a~2" is no id');
  });

  it('come from standard input too, and machines see every event', async () => {
    const { run, terminal } = openCli();
    terminal.stdin.end('{"id":"a","description":"answer=1"}\n');
    const { code, out } = await run('--file', '-', '--json');
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type)
        .at(-1),
    ).toBe('done');
  });

  it('are those of the configuration where no task is given', () => {
    const config = { file: 'tasks.jsonl', out: 'out.jsonl' };
    expect(parseCommand([], config)).toMatchObject({ name: 'file', file: 'tasks.jsonl', out: 'out.jsonl' });
    expect(parseCommand(['do', 'it'], config)).toMatchObject({ name: 'task', task: 'do it' });
    expect(parseCommand(['--', '-5 + 3?'], config)).toMatchObject({ name: 'task', task: '-5 + 3?' });
  });
});
