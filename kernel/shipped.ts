import fs from 'node:fs';
import path from 'node:path';
import { HOST_DIR } from './resolve.ts';

let names: ReadonlySet<string> | undefined;

/**
 * The plugins that come with the kernel, as listed in its pipeline schema. They run only where a pipeline names
 * them; any other folder beside them was dropped there by somebody.
 */
export function shippedPlugins(): ReadonlySet<string> {
  names ??= read();
  return names;
}

function read(): ReadonlySet<string> {
  try {
    const text = fs.readFileSync(path.join(HOST_DIR, 'config', 'pipeline.schema.json'), 'utf8');
    const schema = JSON.parse(text) as { properties?: { plugins?: { properties?: Record<string, unknown> } } };
    return new Set(Object.keys(schema.properties?.plugins?.properties ?? {}));
  } catch {
    return new Set();
  }
}
