import { constants } from 'node:os';
import type { LimitHit, Outcome, PythonError } from '../engine.ts';
import type { Options } from '../options.ts';
import type { Done, RawOutcome } from './supervised-process.ts';

/** Puts the supervisor's report and what the server saw itself into one outcome. The server's own view wins. */
export function toOutcome(raw: RawOutcome, engine: string, options: Options, diagnosis: string): Outcome {
  const done: Done = raw.done ?? {};
  const result = typeof done.result === 'object' && done.result !== null ? done.result : undefined;
  const reported = result?.error as Partial<PythonError> | undefined;
  const limits = new Set<LimitHit>();
  if (raw.limit) limits.add(raw.limit);
  if (done.output_excess === true) limits.add('output_exceeded');
  if (reported?.type === 'MemoryError') limits.add('memory_exceeded');
  const produced = number(done.stdout_bytes) + number(done.stderr_bytes);
  const outputTruncated = produced > raw.stdout.length + raw.stderr.length || limits.has('output_exceeded');
  const outcome: Outcome = {
    engine,
    stdout: raw.stdout.toString('utf8'),
    stderr: raw.stderr.toString('utf8'),
    value: typeof result?.value === 'string' ? result.value : null,
    artifacts: raw.artifacts,
    skipped: Array.isArray(done.skipped) ? done.skipped : [],
    executionMs: Math.round((raw.limit ? raw.elapsedMs : number(done.elapsed_ms) || raw.elapsedMs) * 10) / 10,
    outputTruncated,
    limits: [...limits],
    ended:
      raw.done === undefined ||
      number(done.exit_code, -1) >= 0 ||
      number(done.signal) > 0 ||
      done.output_excess === true,
  };
  if (result && 'value_json' in result && outcome.value !== null) outcome.valueJson = result.value_json;
  const error = explain(raw, done, result, reported, limits, options, diagnosis);
  if (error) outcome.error = error;
  if (typeof result?.exit_code === 'number') outcome.exitCode = result.exit_code;
  else if (result === undefined && typeof done.exit_code === 'number') outcome.exitCode = done.exit_code;
  return outcome;
}

function explain(
  raw: RawOutcome,
  done: Done,
  result: Record<string, unknown> | undefined,
  reported: Partial<PythonError> | undefined,
  limits: Set<LimitHit>,
  options: Options,
  diagnosis: string,
): PythonError | undefined {
  const error = (type: string, message: string): PythonError => ({
    type,
    message,
    traceback: text(reported?.traceback),
  });
  const mib = options.memoryMib;
  if (limits.has('timed_out'))
    return error('ExecutionTimeout', `the code did not end within its time limit of ${raw.timeoutMs / 1000} s`);
  if (raw.limit === 'memory_exceeded')
    return error('MemoryLimitExceeded', `the execution used more than ${mib} MiB of memory`);
  if (limits.has('files_exceeded'))
    return error('FileLimitExceeded', `the execution made more than ${options.diskFiles} files`);
  if (limits.has('processes_exceeded'))
    return error('ProcessLimitExceeded', `more than ${options.processes} processes`);
  if (limits.has('output_exceeded')) {
    return error(
      'OutputLimitExceeded',
      `the code wrote more than 16 times the output limit of ${options.outputBytes} bytes and was ended`,
    );
  }
  if (typeof done.problem === 'string') return error('InputFileError', done.problem);
  if (reported) {
    return {
      type: text(reported.type) || 'Exception',
      message: text(reported.message),
      traceback: text(reported.traceback),
    };
  }
  if (result && result.damaged !== true) return undefined;
  if (result) return error('ResultDamaged', 'the code wrote into the channel that carries its result');
  if (typeof done.signal === 'number') {
    const name = signalName(done.signal);
    const why =
      name === 'SIGKILL'
        ? '; often this means that memory ran out'
        : name === 'SIGXCPU'
          ? '; it used too much processor time'
          : '';
    return error('ProcessCrashed', `the Python process was ended by ${name}${why}`);
  }
  if (typeof done.exit_code === 'number') {
    if (done.exit_code === 0) return undefined;
    return error('ProcessExited', `the Python process ended with exit code ${done.exit_code}`);
  }
  return error('ProcessCrashed', `the sandbox ended without a result${diagnosis ? `: ${diagnosis}` : ''}`);
}

const number = (value: unknown, fallback = 0) =>
  typeof value === 'number' && Number.isFinite(value) ? value : fallback;
const text = (value: unknown) => (typeof value === 'string' ? value : '');

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
