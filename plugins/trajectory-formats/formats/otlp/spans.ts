import { isObject, type JsonObject, listOf, numberOf, objectOf, textOf } from '../reading/members.ts';

/** A span of a trace, with its attributes as plain values. */
export interface Span {
  readonly id: string;
  readonly trace: string;
  readonly parent: string | undefined;
  readonly name: string;
  /** ms since 1970. */
  readonly start: number;
  readonly failed: boolean;
  readonly attributes: ReadonlyMap<string, unknown>;
  /** Events of the span with their attributes, as older conventions put messages. */
  readonly events: readonly { readonly name: string; readonly attributes: ReadonlyMap<string, unknown> }[];
}

/** Spans of exported requests (`resourceSpans`), or spans themselves, in the order in which they began. */
export function spansOf(values: readonly unknown[]): readonly Span[] {
  const spans = new Map<string, Span>();
  for (const value of values) {
    const record = objectOf(value);
    const resources = record.resourceSpans ?? record.resource_spans;
    if (!Array.isArray(resources)) add(spans, record, new Map());
    for (const resource of listOf(resources).map(objectOf)) {
      const shared = attributesOf(objectOf(resource.resource).attributes);
      const scopes = resource.scopeSpans ?? resource.scope_spans ?? resource.instrumentationLibrarySpans;
      for (const scope of listOf(scopes))
        for (const span of listOf(objectOf(scope).spans)) add(spans, objectOf(span), shared);
    }
  }
  return byStart([...spans.values()]);
}

export const byStart = (spans: readonly Span[]): readonly Span[] =>
  [...spans].sort((one, other) => one.start - other.start);

/** A span that was exported again counts once. */
function add(spans: Map<string, Span>, span: JsonObject, shared: ReadonlyMap<string, unknown>): void {
  const context = objectOf(span.context);
  const id = textOf(span.spanId) ?? textOf(span.span_id) ?? textOf(context.span_id);
  const trace = textOf(span.traceId) ?? textOf(span.trace_id) ?? textOf(context.trace_id);
  if (id === undefined || trace === undefined) return;
  const status = objectOf(span.status);
  const code = status.code ?? status.status_code ?? span.status_code;
  spans.set(`${trace}/${id}`, {
    id,
    trace,
    parent: textOf(span.parentSpanId) ?? textOf(span.parent_span_id) ?? textOf(span.parent_id),
    name: textOf(span.name) ?? '',
    start: timeOfSpan(span.startTimeUnixNano ?? span.start_time_unix_nano ?? span.start_time),
    failed: code === 2 || code === 'STATUS_CODE_ERROR' || code === 'ERROR',
    attributes: new Map([...shared, ...attributesOf(span.attributes)]),
    events: listOf(span.events)
      .map(objectOf)
      .map((event) => ({ name: textOf(event.name) ?? '', attributes: attributesOf(event.attributes) })),
  });
}

export function timeOfSpan(value: unknown): number {
  const nanos = numberOf(value);
  if (nanos !== undefined) return nanos / 1e6;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? 0 : at;
}

/** A list of keys and typed values, or (as some exporters have it) an object. */
function attributesOf(attributes: unknown): ReadonlyMap<string, unknown> {
  if (isObject(attributes)) return new Map(Object.entries(attributes));
  return new Map(
    listOf(attributes)
      .map(objectOf)
      .flatMap(({ key, value }): [string, unknown][] => (typeof key === 'string' ? [[key, plain(value)]] : [])),
  );
}

function plain(value: unknown): unknown {
  const typed = objectOf(value);
  const simple = typed.stringValue ?? typed.boolValue ?? typed.doubleValue ?? typed.string_value ?? typed.bool_value;
  if (simple !== undefined) return simple;
  const whole = typed.intValue ?? typed.int_value;
  if (whole !== undefined) return numberOf(whole);
  const list = typed.arrayValue ?? typed.array_value;
  if (isObject(list)) return listOf(list.values).map(plain);
  const members = typed.kvlistValue ?? typed.kvlist_value;
  if (isObject(members))
    return Object.fromEntries(
      listOf(members.values)
        .map(objectOf)
        .flatMap(({ key, value: member }) => (typeof key === 'string' ? [[key, plain(member)] as const] : [])),
    );
  return undefined;
}
