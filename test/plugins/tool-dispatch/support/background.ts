import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

export interface Background {
  readonly child: ChildProcess;
  /** What it said that it listens on. */
  readonly address: string;
  stop(): Promise<void>;
}

/** A fixture server that runs beside the test, up when this resolves. */
export async function start(script: string, args: readonly string[] = []): Promise<Background> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(stop);
  const address = await new Promise<string>((found, failed) => {
    let text = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = /listening (\S+)/.exec(text);
      if (match !== null) found(match[1]!);
    });
    child.once('exit', () => failed(new Error(`it ended: ${text}`)));
  });
  return { child, address, stop };
}
