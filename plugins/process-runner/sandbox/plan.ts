/** What the supervising process is told, as JSON in its environment. Values of secrets are not in it: they come apart. */
export interface SandboxPlan {
  readonly server: string;
  /** Undefined: no bubblewrap on this machine. */
  readonly jail?: Jail;
  /** Paths on the host. */
  readonly node: string;
  readonly packageFolder: string;
  readonly dataFolder: string;
  /** Below `packageFolder`. */
  readonly bin: string;
  /** False: the bin is a program of its own, not a script for Node. */
  readonly isNodeScript: boolean;
  /** Templates with `{data}` and `{secret:NAME}`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly network: 'none' | 'full';
  readonly limits: {
    readonly memoryMb: number;
    readonly processes: number;
    readonly cpus: number;
    readonly openFiles: number;
    readonly fileMb: number;
    readonly dataMb: number;
    readonly dataFiles: number;
    readonly tmpMb: number;
  };
  readonly log: {
    readonly file: string;
    readonly bytes: number;
    readonly files: number;
    readonly bytesPerSecond: number;
  };
  /** Between SIGTERM and SIGKILL. */
  readonly stopMs: number;
}

/** How bubblewrap is started: `uid` where we are root, because the kernel does not count the processes of root. */
export interface Jail {
  readonly uid?: number;
}

export const PLAN_VARIABLE = 'PROCESS_RUNNER_PLAN';
export const SECRET_PREFIX = 'PROCESS_RUNNER_SECRET_';

const PLACEHOLDER = /\{(data|secret:([^{}]+))\}/g;

/** Names of the secrets that a template asks for. */
export const secretsIn = (template: string): string[] =>
  [...template.matchAll(PLACEHOLDER)].flatMap(([, , name]) => (name === undefined ? [] : [name]));

/** Undefined where a secret that it asks for is not there. */
export function fillIn(
  template: string,
  data: string,
  secret: (name: string) => string | undefined,
): string | undefined {
  let missing = false;
  const filled = template.replace(PLACEHOLDER, (_whole, _inner, name: string | undefined) => {
    if (name === undefined) return data;
    const value = secret(name);
    missing ||= value === undefined;
    return value ?? '';
  });
  return missing ? undefined : filled;
}
