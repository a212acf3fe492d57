import plugin from '../../../../plugins/tool-dispatch/index.ts';
import { SmallRegistry, spec } from './registry.ts';

// node owner.ts DIR FILE: owns a server that leaves a process behind (its id in FILE), says the server's id, waits to be killed.
const [dir = '', file = ''] = process.argv.slice(2);
const echo = new URL('../../../fixtures/servers/echo.ts', import.meta.url).pathname;
const registry = new SmallRegistry();
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const created = plugin.create({
  config: plugin.config.parse({ dir }),
  log: silent,
  events: { publish: () => {}, subscribe: () => () => {} },
  signal: new AbortController().signal,
  defer: () => {},
  id: 'tool-dispatch',
  generation: 1,
  registry,
  storage: undefined,
  telemetry: undefined,
  auth: undefined,
});
await created.start?.();
const shell = `sh -c 'trap "" TERM HUP INT; echo $$ > ${file}; while :; do sleep 1; done' & exec ${process.execPath} ${echo}`;
registry.register(spec('echo', { launches: [{ kind: 'stdio', command: 'sh', args: ['-c', shell], env: {} }] }));
await registry.ready('echo');
const { result } = await created.dispatcher.call(registry.resolve('echo/pid'), {});
console.log(result.content[0]?.text);
setTimeout(() => process.exit(1), 30_000);
