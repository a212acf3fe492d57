import { type Fault, isFault } from '#kernel';

/** As the help has them. */
export function exitCode(error: unknown): number {
  if (!isFault(error)) return 1;
  const { kind, code }: Fault = error;
  if (code === 'CLI_USAGE') return 2;
  if (kind === 'not_found') return 3;
  return kind === 'unavailable' || kind === 'timeout' ? 4 : 1;
}
