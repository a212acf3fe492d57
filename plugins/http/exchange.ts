import type { Principal } from '#plugins/auth/api';
import type { RawOptions } from './api.ts';
import { IncomingMessage, ServerResponse } from './node-http.ts';
import type { Matched } from './route-table.ts';

/** What the front learned of a request before the framework gets it. Fields, not a map: this is the hot path. */
export class HttpRequest extends IncomingMessage {
  matched: Matched | undefined = undefined;
  principal: Principal | undefined = undefined;
  /** What a raw handler or an upgrade asks of its callers, to ask it again. */
  access: RawOptions | undefined = undefined;
}

/** Carries what the metrics of one exchange need. */
export class HttpResponse extends ServerResponse<HttpRequest> {
  /** Template of the route, for metrics. */
  route = 'unmatched';
  startedAt = 0;
}
