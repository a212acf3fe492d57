#!/usr/bin/env node
// Plain JavaScript that any Node from 12 on can read: the first job is to find a Node that runs the rest.
// biome-ignore-all lint/style/useNodejsImportProtocol: old versions do not know the node: protocol
import { spawn } from 'child_process';
import fs from 'fs';
import nodeModule from 'module';
import path from 'path';
import { fileURLToPath } from 'url';
import v8 from 'v8';

const OLDEST = [22, 18];
const LAUNCHED = 'KERNEL_LAUNCHED';
/**
 * A server runs long: without the middle one of its compilers V8 compiles hot code once, not twice, and sooner; that is a
 * quarter less CPU in the first minutes under load. The last compiler rests until there is load (commands/v8-phases.ts):
 * what is hot in starting is not what is hot in serving, and its own code is 6 MB that an idle server need not have in
 * memory. All flags are set before anything is imported, because V8 takes no cached code from under other flags.
 */
const V8_FLAGS = ['--no-maglev', '--invocation-count-for-turbofan=600', '--no-opt', '--expose-gc'];
const here = path.dirname(fileURLToPath(import.meta.url));
const version = process.versions.node.split('.').map(Number);

if (version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1])) runHere();
else runOn(findNode());

function runHere() {
  if (process.argv[2] === 'start') for (const flag of V8_FLAGS) v8.setFlagsFromString(flag);
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  if (process.env[LAUNCHED]) {
    // The channel to the launcher says when that is gone, but must not keep this process alive.
    delete process.env[LAUNCHED];
    if (process.channel) process.channel.unref();
  }
  endWithNpm(() => process.kill(process.pid, 'SIGTERM'));
  const source = fs.existsSync(path.join(here, 'cli.ts')) ? './cli.ts' : './cli.js';
  import(source)
    .then((cli) => cli.run(process.argv.slice(2)))
    .then(
      (code) => leave(code),
      (error) => {
        console.error(error);
        leave(1);
      },
    );
}

/**
 * npm runs a program through a shell, and a signal to npm ends both without reaching the program. Where npm started
 * this process, it ends when it has lost its parent.
 */
function endWithNpm(end) {
  if (!process.env.npm_command) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    end();
  }, 50);
  look.unref();
}

/** Waits until what was written has left the process: a pipe is written in the background. */
function leave(code) {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

/** The Node that was installed with the project. */
function findNode() {
  const require = nodeModule.createRequire(import.meta.url);
  const names = [`node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`];
  names.push(names[0].replace('node-', 'node-bin-'));
  for (const name of names) {
    try {
      const found = path.join(
        path.dirname(require.resolve(`${name}/package.json`)),
        'bin',
        process.platform === 'win32' ? 'node.exe' : 'node',
      );
      if (fs.existsSync(found)) return found;
    } catch (_) {
      // Not installed: try the next name.
    }
  }
  return undefined;
}

function runOn(node) {
  if (node === undefined) {
    console.error(`kernel: needs Node ${OLDEST.join('.')} or newer (24 is best); this is ${process.versions.node}.`);
    console.error('Install it from https://nodejs.org, or run npm install in a clone, which brings a Node of its own.');
    process.exit(1);
  }
  const env = Object.assign({}, process.env);
  env[LAUNCHED] = '1';
  // The child sees the IPC channel close when this process dies, even by SIGKILL, and ends.
  const child = spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), {
    env: env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  ['SIGTERM', 'SIGINT', 'SIGHUP'].forEach((signal) => {
    // Ctrl-C in a terminal reaches the child by itself; a second copy would count as the second signal.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  });
  endWithNpm(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`kernel: cannot run ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal) {
      ['SIGTERM', 'SIGINT', 'SIGHUP'].forEach((each) => {
        process.removeAllListeners(each);
      });
      process.kill(process.pid, signal);
    } else process.exit(code);
  });
}
