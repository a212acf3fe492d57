import type { ServerSpec } from '#plugins/tool-registry/api';
import { KeyedPool } from './keyed-pool.ts';
import type { MakeLink, Pool } from './pool.ts';
import { SharedPool } from './shared-pool.ts';

/** `share`: how much of a pool one principal may hold where several use it. */
export const poolFor = (spec: ServerSpec, share: number, make: MakeLink): Pool =>
  spec.connection === 'shared' ? new SharedPool(spec, make) : new KeyedPool(spec, share, make);
