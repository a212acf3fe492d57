// Prints what was imported of the dear packages when the plugin was made and started, used, and looked at.
import { registerHooks } from 'node:module';

const seen = new Set<string>();
registerHooks({
  load: (url, context, next) => {
    const found = /node_modules\/(prom-client|@opentelemetry\/(?!api)[^/]+)\//.exec(url);
    if (found !== null) seen.add(found[1]!);
    return next(url, context);
  },
});
const { openPlugin } = await import('../open-plugin.ts');
const { default: plugin } = await import('../../../plugins/telemetry/index.ts');
const kernel = { status: () => ({ plugins: [], ready: true }) };
const { plugin: made, close } = await openPlugin(plugin, {}, { kernel });
made.telemetry.counter('before_total', 'Before.').add(1);
await made.telemetry.span('work', {}, async () => {});
const used = [...seen];
await made.telemetry.metrics();
await close();
console.log(JSON.stringify({ used, looked: [...seen] }));
