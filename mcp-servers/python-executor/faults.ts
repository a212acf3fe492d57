export type FaultCode =
  | 'BAD_INPUT'
  | 'BUSY'
  | 'CANCELLED'
  | 'CLOSED'
  | 'ENGINE_FAILED'
  | 'PACKAGES_FAILED'
  | 'PACKAGES_REFUSED'
  | 'PYTHON_MISSING'
  | 'SANDBOX_MISSING'
  | 'SESSION_LIMIT'
  | 'SESSION_UNKNOWN'
  | 'TOOL_UNKNOWN';

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
