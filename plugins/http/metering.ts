import type { Telemetry } from '#plugins/telemetry/api';
import type { HttpResponse } from './exchange.ts';

/** What is told about exchanges: one histogram, whose count is the number of requests, and two gauges. */
export function meter(
  telemetry: Telemetry | undefined,
  read: { inFlight(): number; sockets(): number },
): (response: HttpResponse) => void {
  if (telemetry === undefined) return () => {};
  const seconds = telemetry.histogram('datapresso_http_request_seconds', 'Duration of HTTP requests by route.', [
    'method',
    'route',
    'status',
  ]);
  telemetry.gauge('datapresso_http_in_flight_requests', 'HTTP requests being answered.', [], read.inFlight);
  telemetry.gauge('datapresso_http_upgraded_sockets', 'Open WebSockets.', [], read.sockets);
  return (response) => {
    const took = (performance.now() - response.startedAt) / 1000;
    // A client that went away before the answer: what proxies call 499.
    const status = response.writableFinished ? String(response.statusCode) : '499';
    seconds.observe(took, response.req.method ?? '', response.route, status);
  };
}
