import { fault, type Log } from '#kernel';
import type { Launch, ServerSpec } from '#plugins/tool-registry/api';
import type { Config } from '../config.ts';
import type { Orphans } from '../orphans.ts';
import { StdioTransport } from './stdio.ts';
import type { Transport } from './transport.ts';

export interface TransportNeeds {
  readonly config: Config;
  readonly log: Log;
  readonly orphans: Orphans | undefined;
}

/** The way to reach a server, by its launch. */
export function transportFor({ config, log, orphans }: TransportNeeds) {
  return (launch: Launch, spec: ServerSpec): Transport => {
    switch (launch.kind) {
      case 'stdio':
        return new StdioTransport(launch, config, orphans, (text) =>
          log.debug('stderr of a server', { server: spec.id, text }),
        );
      default:
        throw fault('LAUNCH_UNKNOWN', `no way to reach a server of kind "${launch.kind}"`);
    }
  };
}
