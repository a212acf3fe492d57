export type FaultCode =
  | 'ADDRESS_REFUSED'
  | 'BAD_INPUT'
  | 'BROWSER_FAILED'
  | 'BUSY'
  | 'CANCELLED'
  | 'CHROMIUM_MISSING'
  | 'CLOSED'
  | 'ELEMENT_NOT_READY'
  | 'MEMORY_EXCEEDED'
  | 'NAVIGATION_FAILED'
  | 'PAGE_CRASHED'
  | 'REF_UNKNOWN'
  | 'SCREENSHOT_TOO_LARGE'
  | 'SESSION_LIMIT'
  | 'SESSION_UNKNOWN'
  | 'TIMED_OUT'
  | 'TOOL_UNKNOWN'
  | 'TRANSFER_EXCEEDED';

/** Something that the caller or the operator can change: the message says what was wrong, the hint what to do. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly hint: string | undefined;

  constructor(code: FaultCode, message: string, hint?: string) {
    super(message);
    this.name = 'Fault';
    this.code = code;
    this.hint = hint;
  }
}
