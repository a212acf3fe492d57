import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonServer, sandboxMissing } from './python-server.ts';

let server: PythonServer;

describe.skipIf(sandboxMissing)('sessions', () => {
  beforeAll(async () => {
    server = await new PythonServer(['--sessions', '2', '--session-idle-seconds', '1.5']).connect();
  });
  afterAll(() => server.close());

  const close = (session_id: string) => server.call('python_session_close', { session_id });

  it('keeps variables, imports and files, and shows only new files', async () => {
    const first = await server.run('import math\nx = 40\nopen("a.txt", "w").write("a")', { session_id: 's' });
    expect(first.structuredContent).toMatchObject({
      session_id: 's',
      session_reset: false,
      artifacts: [{ path: 'a.txt' }],
    });
    const second = await server.run('def f(): return x + int(math.sqrt(4)) + len(open("a.txt").read())\nf()', {
      session_id: 's',
    });
    expect(second.structuredContent).toMatchObject({ value_json: 43, artifacts: [] });
    const third = await server.run('1 / 0', { session_id: 's' });
    expect(third.structuredContent.error?.traceback).toContain('File "<code 3>", line 1');
    expect((await server.run('_ + x', { session_id: 's' })).structuredContent.value_json).toBe(83);
    await close('s');
  });

  it('keeps the state over a time limit that the code lets interrupt', async () => {
    await server.run('x = 1', { session_id: 's' });
    const late = await server.run('import time\nx = 2\ntime.sleep(60)', { session_id: 's', timeout_seconds: 0.3 });
    expect(late.structuredContent).toMatchObject({ timed_out: true, session_reset: false });
    expect((await server.run('x', { session_id: 's' })).structuredContent.value_json).toBe(2);
    await close('s');
  });

  it('says when a session was lost, and starts anew', async () => {
    await server.run('x = 1', { session_id: 's' });
    const crash = await server.run('import os, signal; os.kill(os.getpid(), signal.SIGSEGV)', { session_id: 's' });
    expect(crash.structuredContent).toMatchObject({ session_reset: true, error: { code: 'CRASHED' } });
    expect(crash.content[0]?.text).toContain('was reset');
    expect((await server.run('x', { session_id: 's' })).structuredContent.error?.type).toBe('NameError');
    await close('s');
  });

  it('runs calls of one session one after the other', async () => {
    const calls = Array.from({ length: 5 }, (_, index) =>
      server.run(`seen = [*globals().get("seen", []), ${index}]\nseen`, { session_id: 's' }),
    );
    const last = (await Promise.all(calls)).at(-1);
    expect(last?.structuredContent.value_json).toEqual([0, 1, 2, 3, 4]);
    await close('s');
  });

  it('has a cap, names what is open, and frees places', async () => {
    const opened = await server.call('python_session_open', {});
    const id = opened.structuredContent.sessions![0]!.session_id;
    await server.run('1', { session_id: 'second' });
    const third = await server.run('1', { session_id: 'third' });
    expect(third.structuredContent.error).toMatchObject({ code: 'SESSION_LIMIT' });
    expect(third.structuredContent.error?.message).toContain('second');
    const { structuredContent } = await server.call('python_session_list', {});
    expect(structuredContent.sessions).toMatchObject([
      { session_id: id, executions: 0 },
      { session_id: 'second', executions: 1 },
    ]);
    await Promise.all([close(id), close('second')]);
    expect((await close('second')).structuredContent.error?.code).toBe('SESSION_UNKNOWN');
  });

  it('opening a session of the same name resets it', async () => {
    await server.run('x = 1', { session_id: 's' });
    await server.call('python_session_open', { session_id: 's' });
    expect((await server.run('x', { session_id: 's' })).structuredContent.error?.type).toBe('NameError');
    await close('s');
  });

  it('closes a session that is not used', async () => {
    await server.run('x = 1', { session_id: 'idle' });
    expect(server.leftovers().length).toBeGreaterThan(0);
    await server.allGone(6_000);
    expect((await server.call('python_session_list', {})).structuredContent.sessions).toEqual([]);
  });

  it('a session cannot see the files of another', async () => {
    await server.run('open("/tmp/mine", "w").write("x"); open("mine", "w").write("x")', { session_id: 'one' });
    const other = await server.run('import os; [os.path.exists(path) for path in ("/tmp/mine", "mine")]', {
      session_id: 'two',
    });
    expect(other.structuredContent.value_json).toEqual([false, false]);
    await Promise.all([close('one'), close('two')]);
  });
});
