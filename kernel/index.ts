/** Everything that a plugin may use of the kernel. */
export {
  type Created,
  definePlugin,
  type Health,
  type Lifecycle,
  type PluginContext,
  type PluginSpec,
  type Undo,
} from './contract.ts';
export { readData } from './data-file.ts';
export { Fault, type FaultDetail, type FaultKind, fault, isFault, nearest, reason } from './errors.ts';
export { type Events, type Topic, topic } from './events.ts';
export type { Log, LogFields } from './log.ts';
export { nameOf, secret } from './schema.ts';
export {
  KERNEL,
  type KernelStatus,
  type KernelView,
  MAIN,
  type Main,
  PLUGIN_KEPT,
  PLUGIN_STARTED,
  PLUGIN_STOPPED,
  PLUGIN_SWAPPED,
  type PluginStatus,
} from './services.ts';
export { type All, all, type Many, many, type Token, token } from './token.ts';
