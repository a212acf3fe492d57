import type { Auth } from '#plugins/auth/api';
import type { Telemetry } from '#plugins/telemetry/api';
import type { CallRecord } from './api.ts';

/** What is read when somebody looks at the metrics. */
export interface Levels {
  inFlight(): number;
  openBreakers(): number;
  restarts(): number;
  failedServers(): number;
}

/** Counts finished calls for the operator. */
export function countCalls(telemetry: Telemetry, levels: Levels): (record: CallRecord) => void {
  const calls = telemetry.counter('datapresso_tool_calls_total', 'Finished tool calls', ['server', 'tool', 'outcome']);
  const seconds = telemetry.histogram('datapresso_tool_call_duration_seconds', 'Duration of tool calls', ['server']);
  telemetry.gauge('datapresso_tool_calls_in_flight', 'Requests that wait for a server', [], () => levels.inFlight());
  telemetry.gauge('datapresso_tool_breakers_open', 'Servers to which calls fail at once', [], () =>
    levels.openBreakers(),
  );
  telemetry.gauge('datapresso_tool_server_restarts', 'Connections that broke since the start', [], () =>
    levels.restarts(),
  );
  telemetry.gauge('datapresso_tool_servers_failed', 'Servers that cannot be reached', [], () => levels.failedServers());
  return (record) => {
    calls.add(1, record.server, record.tool, record.outcome);
    seconds.observe(record.durationMs / 1000, record.server);
  };
}

/** One line in the audit log for each call: who called what; never arguments or results. */
export function auditCalls(auth: Auth): (record: CallRecord) => void {
  return ({ principal, tool, outcome, durationMs, code }) =>
    auth.audit({
      principal,
      action: 'tool.call',
      target: tool,
      outcome: outcome === 'ok' || outcome === 'tool_error' ? 'ok' : 'error',
      durationMs,
      ...(code !== undefined && { detail: code }),
    });
}
