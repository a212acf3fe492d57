import type { SessionFormat } from '../format.ts';
import { spanOfRun } from './otlp/langsmith.ts';
import { runsOfSpans } from './otlp/runs.ts';
import { byStart, spansOf } from './otlp/spans.ts';
import { isObject, objectOf } from './reading/members.ts';

/**
 * OpenTelemetry traces as JSON, one exported request or one span a line (or in one value), by the GenAI conventions,
 * OpenInference, OpenLLMetry and the AI SDK.
 */
export const otlp: SessionFormat = {
  name: 'otlp',
  recognisesLine: (value) =>
    isObject(value) &&
    (Array.isArray(value.resourceSpans) ||
      Array.isArray(value.resource_spans) ||
      (typeof (value.traceId ?? value.trace_id ?? objectOf(value.context).trace_id) === 'string' &&
        'attributes' in value &&
        'name' in value)),
  readLines: (lines, origin) => runsOfSpans(spansOf(lines), origin),
};

/** Runs of LangSmith (its export, a run a line): spans under other names. */
export const langsmith: SessionFormat = {
  name: 'langsmith',
  recognisesLine: (value) =>
    isObject(value) && typeof value.run_type === 'string' && typeof value.id === 'string' && 'inputs' in value,
  readLines: (lines, origin) => runsOfSpans(byStart(lines.filter(isObject).map(spanOfRun)), origin),
};
