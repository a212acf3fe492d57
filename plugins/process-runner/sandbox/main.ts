/**
 * Runs one installed server: starts it in its sandbox, holds it to its limits, and takes all of it along when it ends.
 * A program of its own, between the dispatcher and the server: stdin and stdout are the server's own and cost nothing;
 * what we are told comes in the environment. Whoever kills us with SIGKILL ends the server too (bwrap's
 * --die-with-parent, in a process namespace that ends with its first process).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { Conclusion } from './conclusion.ts';
import { PLAN_VARIABLE, type SandboxPlan, SECRET_PREFIX } from './plan.ts';
import { descendant } from './process-tree.ts';
import { jailedProgram, plainProgram } from './program.ts';
import { spawnJailed } from './spawn-jailed.ts';
import { StderrLog } from './stderr-log.ts';
import { watchLimits } from './watch.ts';

const plan = JSON.parse(process.env[PLAN_VARIABLE] ?? '') as SandboxPlan;
const secrets = new Map(
  Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith(SECRET_PREFIX) ? [[name.slice(SECRET_PREFIX.length), value ?? ''] as const] : [],
  ),
);

const log = new StderrLog(plan.log, [...secrets.values()]);
const stdio = [0, 1, 'pipe'] as const;
const child = start();
const conclusion = new Conclusion(child, plan.jail === undefined, plan.stopMs);
log.read(child.stderr as Readable);

/** Generations from bwrap to the server: its own first process, and, as root, the bwrap that makes way. */
const depth = plan.jail === undefined ? 0 : plan.jail.uid === undefined ? 2 : 4;
const server = (): number | undefined => (child.pid === undefined ? undefined : descendant(child.pid, depth));
const unwatch =
  process.platform === 'linux' && child.pid !== undefined
    ? watchLimits(plan, child.pid, plan.jail === undefined ? () => undefined : server, (why) => {
        log.say(`${plan.server} was ended: ${why}`);
        conclusion.kill();
      })
    : () => {};

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => conclusion.ask(server(), signal));
child.once('error', (error) => {
  log.say(`${plan.server} could not be started: ${error.message}`);
  process.exit(127);
});
child.once('exit', () => unwatch());
child.once('close', (code, signal) => {
  log.end();
  process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
});

function start(): ChildProcess {
  if (plan.jail !== undefined) return spawnJailed(plan.jail, jailedProgram(plan, secrets), { stdio: [...stdio] });
  const { command, env, cwd } = plainProgram(plan, secrets);
  return spawn(command[0]!, command.slice(1), { env, cwd, stdio: [...stdio], detached: true });
}
