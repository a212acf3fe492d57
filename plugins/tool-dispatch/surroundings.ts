import type { Log } from '#kernel';
import type { Launch, ServerSpec, ToolRegistry } from '#plugins/tool-registry/api';
import type { RpcNotification } from './api.ts';
import type { Config } from './config.ts';
import type { StartGate } from './start-gate.ts';
import type { Verdicts } from './verdicts.ts';
import type { Transport } from './wires/transport.ts';

/** What all servers share. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly registry: ToolRegistry;
  readonly gate: StartGate;
  readonly verdicts: Verdicts;
  readonly transport: (launch: Launch, spec: ServerSpec) => Promise<Transport>;
  readonly onNotification: (server: string, notification: RpcNotification) => void;
}
