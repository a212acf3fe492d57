import { request } from './http-request.ts';

/**
 * Does anything speak HTTP there? Any status will do. `fetch` would wait for ever on a port that is taken and closed at
 * once, as the engine's is while nothing listens behind it.
 */
export function answers(port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { accept: 'application/json, text/event-stream' };
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      resolve(true);
      response.destroy();
    });
    const limit = setTimeout(() => asked.destroy(), timeoutMs);
    asked.once('error', () => resolve(false));
    asked.once('close', () => {
      clearTimeout(limit);
      resolve(false);
    });
    asked.end();
  });
}
