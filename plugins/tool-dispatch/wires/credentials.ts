import type { IncomingHttpHeaders } from 'node:http';

/** How requests to one HTTP server are authorised, where fixed headers are not enough. */
export interface Credentials {
  /** The token to send; asked before every request, so it must be quick once it is known. */
  token(): string | undefined | Promise<string | undefined>;
  /** The server refused. True: new credentials were had, and the request may be sent again. */
  refused(status: number, headers: IncomingHttpHeaders, attempt: number): Promise<boolean>;
}
