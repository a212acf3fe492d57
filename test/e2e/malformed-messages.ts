import type { Dice } from './dice.ts';
import {
  BROKEN_JSON,
  decodeURIComponentSafely,
  ODD_NAMES,
  WRONG_ENTRIES,
  WRONG_MEMBERS,
  WRONG_RPC,
} from './malformed.ts';

/** Text messages for the event socket. */
export const messageCase = (dice: Dice): string =>
  dice.of<(dice: Dice) => string | Buffer>([
    ...BROKEN_JSON.filter((make) => typeof make(dice) === 'string'),
    ...WRONG_RPC,
    (die) =>
      JSON.stringify({
        type: 'execute_tool',
        request_id: die.upTo(9),
        tool_id: 'echo/add',
        ...(die.of(WRONG_MEMBERS) as object),
      }),
    (die) =>
      JSON.stringify({ type: 'execute_tool', request_id: 1, tool_id: decodeURIComponentSafely(die.of(ODD_NAMES)) }),
    (die) => JSON.stringify({ type: die.of(ODD_NAMES) }),
    (die) => JSON.stringify({ type: 'register_tool', ...(die.of(WRONG_ENTRIES) as object) }),
    () => '{"type":"register_tool","tool_id":"x","tools":[{"name":"t","inputSchema":[]}]}',
    () => '{"type":"register_tool","tool_id":"x","tools":[{"name":7}]}',
    () => '{"type":"register_tool","tool_id":"\\ud800","tools":[{"name":"t"}]}',
    () => '{"type":"subscribe","since":1e400}',
    () => '{"type":"subscribe","since":"now"}',
    () => '{"type":"subscribe","types":[{}]}',
    () => '{"type":"cancel_tool"}',
    () => '{"type":"unregister_tool","tool_id":"echo"}',
    () => '{"type":"execute_tool_result","request_id":"x","success":"yes"}',
    () => '{"type":["ping"]}',
    () => '{"__proto__":{"type":"ping"}}',
  ])(dice) as string;
