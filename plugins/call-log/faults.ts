import { type Fault, fault } from '#kernel';
import type { KeptCall } from './call-table.ts';

export const reused = (key: string): Fault =>
  fault('KEY_REUSED', `the key "${key}" was used for another tool or other arguments`, {
    kind: 'conflict',
    hint: 'a key names one call: take a new one for another',
  });

export const uncertain = (key: string, tool: string): Fault =>
  fault(
    'CALL_UNCERTAIN',
    `the call "${key}" of ${tool} was begun and may have had its effect; how it ended is not known`,
    {
      kind: 'conflict',
      hint: 'look whether it had its effect, then call with a new key where it had not',
      data: { tool },
    },
  );

export const notKept = ({ tool, bytes }: KeptCall): Fault =>
  fault('CALL_NOT_KEPT', `this call of ${tool} has ended; its outcome of ${bytes} bytes was not kept`, {
    kind: 'conflict',
    hint: 'maxOutcomeBytes and maxBytes of call-log say how much is kept',
    data: { tool, bytes },
  });
