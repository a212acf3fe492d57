import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Host } from '../host.ts';
import type { KernelStatus } from '../services.ts';

const WINDOWS = process.platform === 'win32';
const PIPES = '\\\\.\\pipe\\';
const PREFIX = 'kernel-';

/** One folder for each user: nobody else can read the status, or put a socket there. */
const runDir = (): string => (WINDOWS ? PIPES : path.join(os.tmpdir(), `${PREFIX}${process.getuid?.() ?? 0}`));
const socketOf = (pid: number | string): string => path.join(runDir(), `${PREFIX}${pid}`);

function secureRunDir(): void {
  fs.mkdirSync(runDir(), { recursive: true, mode: 0o700 });
  const { uid, mode } = fs.lstatSync(runDir());
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Error(`${runDir()} is open to others`);
}

/** Answers every connection with the status as one JSON document. Never keeps the process alive. */
export async function openStatus(host: Host, onError: (error: unknown) => void): Promise<() => void> {
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(host.status()));
  });
  const file = socketOf(process.pid);
  try {
    if (!WINDOWS) secureRunDir();
    fs.rmSync(file, { force: true });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(file, resolve));
    server.unref();
  } catch (error) {
    onError(error);
  }
  return () => server.close();
}

/** A kernel whose process is there and says nothing: it is stopped, or in an endless loop. */
export interface Silent {
  readonly pid: number;
  readonly state: 'not answering';
  readonly ok: false;
}

/** How long a kernel may take to answer; a busy one needs milliseconds. */
const ANSWER_MS = 1_500;

/** The status of every kernel that this user runs; sockets that a killed one left are removed. */
export async function readStatuses(): Promise<(KernelStatus | Silent)[]> {
  let names: string[];
  try {
    names = fs.readdirSync(runDir()).filter((name) => new RegExp(`^${PREFIX}\\d+$`).test(name));
  } catch {
    return [];
  }
  const found = await Promise.all(names.map((name) => readStatus(path.join(runDir(), name))));
  return found.filter((status) => status !== undefined);
}

async function readStatus(file: string): Promise<KernelStatus | Silent | undefined> {
  const socket = net.connect(file);
  let silent = false;
  socket.setTimeout(ANSWER_MS, () => {
    silent = true;
    socket.destroy();
  });
  try {
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += chunk;
    if (!silent) return JSON.parse(text) as KernelStatus;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') fs.rmSync(file, { force: true });
  }
  const pid = Number(path.basename(file).slice(PREFIX.length));
  return silent ? { pid, state: 'not answering', ok: false } : undefined;
}
