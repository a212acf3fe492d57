/**
 * The program of one embedded interpreter. It runs in a process of its own, started with Node's permission flags, an
 * empty environment and no way to compile JavaScript from strings. Speaks the same frames as the CPython supervisor.
 */
import { constants, readFileSync, writeSync } from 'node:fs';
import { encodeFrame, FrameReader } from '../sandbox/frames.ts';

type Limits = {
  memory_bytes: number;
  output_bytes: number;
  artifact_files: number;
  artifact_bytes: number;
  value_chars: number;
};
type Command = { code: string; stdin?: string; files: { path: string; base64: string }[] };

type Execute = ((command: string, limits: string) => string) & {
  callPromising: (command: string, limits: string) => Promise<string>;
};

const [indexURL = '', limitsText = '{}', ...sources] = process.argv.slice(2);
const limits = JSON.parse(limitsText) as Limits;
/** The part of the global that is used here; the compiler knows it only together with the types of a browser. */
type WasmMemory = { readonly buffer: ArrayBuffer; grow(pages: number): number };
const wasm = (globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } }).WebAssembly;
const canSwitchStacks = 'Suspending' in wasm;
const WASM_PAGE = 65_536;

/** Blocking, so that output of code that never returns still arrives. */
function send(kind: string, payload: Buffer): void {
  const frame = encodeFrame(kind, payload);
  for (let at = 0; at < frame.length; ) {
    try {
      at += writeSync(1, frame, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(1);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const output = { sent: 0, stdout: 0, stderr: 0 };

function write(kind: 'o' | 'e', bytes: Uint8Array): number {
  output[kind === 'o' ? 'stdout' : 'stderr'] += bytes.length;
  const part = Buffer.from(bytes.subarray(0, Math.max(limits.output_bytes - output.sent, 0)));
  if (part.length > 0) send(kind, part);
  output.sent += part.length;
  if (output.stdout + output.stderr > limits.output_bytes * 16) {
    finish({ output_excess: true });
    process.exit(0);
  }
  return bytes.length;
}

let started = 0;

function finish(report: object): void {
  const counts = { stdout_bytes: output.stdout, stderr_bytes: output.stderr };
  send('d', Buffer.from(JSON.stringify({ ...report, ...counts, elapsed_ms: performance.now() - started })));
}

/** WebAssembly memory only grows through this function, so it is where a limit can stand. */
function limitMemory(): void {
  const { prototype } = wasm.Memory;
  const { grow } = prototype;
  prototype.grow = function (this: WasmMemory, pages: number) {
    if (this.buffer.byteLength + pages * WASM_PAGE > limits.memory_bytes) throw new RangeError('memory limit');
    return grow.call(this, pages);
  };
}

/** What Python code could reach through proxies of JavaScript objects, and must not have. */
function closeDoors(pyodide: Record<string, unknown>): void {
  for (const name of ['js', 'pyodide_js']) (pyodide.unregisterJsModule as (name: string) => void)(name);
  for (const name of ['useNodeSockFS', 'mountNodeFS', 'mountNativeFS', 'loadPackage', 'loadPackagesFromImports'])
    delete pyodide[name];
  const globals = globalThis as Record<string, unknown>;
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'navigator', 'require'])
    delete globals[name];
  const host = process as unknown as Record<string, unknown>;
  for (const name of [
    'binding',
    '_linkedBinding',
    'getBuiltinModule',
    'dlopen',
    'kill',
    'abort',
    'chdir',
    'report',
    'mainModule',
  ]) {
    Object.defineProperty(host, name, { value: undefined });
  }
}

async function main(): Promise<void> {
  limitMemory();
  // Pyodide asks for the numbers of open(2) in a way that the permission model refuses
  Object.defineProperty(process, 'binding', { value: () => ({ fs: constants }), configurable: true, writable: true });
  const { loadPyodide } = (await import(`${indexURL}/pyodide.mjs`)) as typeof import('pyodide');
  let stdin = Buffer.alloc(0);
  const pyodide = await loadPyodide({
    indexURL,
    jsglobals: Object.create(null),
    env: { HOME: '/sandbox', LANG: 'C.UTF-8' },
  });
  pyodide.setStdout({ write: (bytes) => write('o', bytes) });
  pyodide.setStderr({ write: (bytes) => write('e', bytes) });
  pyodide.setStdin({
    read: (buffer) => {
      const size = Math.min(buffer.length, stdin.length);
      buffer.set(stdin.subarray(0, size));
      stdin = stdin.subarray(size);
      return size;
    },
  });
  pyodide.FS.mkdirTree('/sandbox');
  pyodide.FS.chdir('/sandbox');
  for (const source of sources) pyodide.runPython(readFileSync(source, 'utf8'));
  const execute = pyodide.globals.get('execute') as Execute;
  closeDoors(pyodide as unknown as Record<string, unknown>);

  const reader = new FrameReader('xik', 64 << 20);
  send('l', Buffer.alloc(0));
  for await (const chunk of process.stdin) {
    for (const { kind, payload } of reader.push(chunk as Buffer)) {
      if (kind !== 'x') continue;
      const command = JSON.parse(payload.toString('utf8')) as Command;
      Object.assign(output, { sent: 0, stdout: 0, stderr: 0 });
      stdin = Buffer.from(command.stdin ?? '');
      started = performance.now();
      send('r', Buffer.alloc(0));
      const text = JSON.stringify(command);
      // with stack switching, code may use await and asyncio.run; without, everything else works
      const report = JSON.parse(
        canSwitchStacks ? await execute.callPromising(text, limitsText) : execute(text, limitsText),
      ) as { artifacts: { path: string; base64: string }[] };
      const { artifacts, ...rest } = report;
      for (const { path, base64 } of artifacts) {
        send('a', Buffer.concat([Buffer.from(`${JSON.stringify({ path })}\n`), Buffer.from(base64, 'base64')]));
      }
      finish(rest);
    }
  }
}

await main();
