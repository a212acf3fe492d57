/** Where the engine listens. */
export type EngineAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** What `POST /containers/create` takes: only what we use of it. */
export interface ContainerSpec {
  readonly Image: string;
  readonly Entrypoint?: string[];
  readonly Cmd?: string[];
  readonly Env: string[];
  readonly User: string;
  readonly WorkingDir?: string;
  readonly Labels: Record<string, string>;
  readonly Tty: false;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly ExposedPorts?: Record<string, object>;
  readonly HostConfig: {
    readonly Init: boolean;
    readonly AutoRemove: boolean;
    readonly Privileged: false;
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: string[];
    readonly SecurityOpt: string[];
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number;
    readonly Ulimits: { Name: string; Soft: number; Hard: number }[];
    readonly Tmpfs: Record<string, string>;
    readonly ShmSize: number;
    readonly Binds: string[];
    readonly NetworkMode: string;
    readonly PortBindings: Record<string, { HostIp: string; HostPort: string }[]>;
    readonly RestartPolicy: { Name: string };
    readonly LogConfig: { Type: string; Config: Record<string, string> };
  };
}

/** What the bridging process is told, as JSON in its environment. Values of secrets are not in it: they come apart. */
export interface AttachPlan {
  readonly server: string;
  readonly engine: EngineAddress;
  /** Taken where it is free; else with a suffix. */
  readonly name: string;
  readonly container: ContainerSpec;
  /** Where the image comes back from when the engine has lost it. */
  readonly tar?: { readonly file: string; readonly sha256: string };
  /** How long to wait for an engine that is not there, as after its restart. */
  readonly engineMs: number;
  /** Between SIGTERM and the end by force. */
  readonly stopMs: number;
}

export const PLAN_VARIABLE = 'CONTAINER_PLAN';
/** Variables of the container whose values are, or hold, secrets. */
export const VARIABLE_PREFIX = 'CONTAINER_ENV_';
/** Label of a container that lives with its connection: process id and start time of the process that bridges it. */
export const BRIDGE_LABEL = 'mcp.bridge';
