import { fault } from '#kernel';

/** The service, or fault SERVICE_MISSING (`unavailable`), which names the plugin to add. */
export function present<T>(service: T | undefined, plugin: string): T {
  if (service !== undefined) return service;
  throw fault('SERVICE_MISSING', `this pipeline has no ${plugin}`, {
    kind: 'unavailable',
    hint: `add the plugin ${plugin} to it`,
  });
}
