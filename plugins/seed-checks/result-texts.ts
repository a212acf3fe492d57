/** Openings that wrap what a tool said: MCP results as Python or JSON prints them. */
const ENVELOPE = /^(?:meta=\S+ )?content=\[TextContent\(type='text', text=(?:'|")?|^\{\s*"(?:_meta"[^[]{0,40}\[|content"\s*:\s*\[)\s*\{[^}]{0,40}"text"\s*:\s*"/;
const ERROR =
  /^[\s"'{[(]*(?:(?:the )?(?:error|exception|fatal|traceback|unknown tool|tool not found|invalid (?:argument|parameter|input)s?|permission denied|timed? ?out|access denied|错误|失败)\b|mcp error|bash: |\{?\s*"?(?:error|success"?\s*:\s*false|is_?error"?\s*:\s*true))/i;
const UNKNOWN = /unknown tool|tool not found|no such tool|server not found|tool .{0,60} (?:does not exist|not found)|未知工具|工具不存在/i;
const INVALID =
  /invalid (?:argument|parameter|input|params)|validation error|missing (?:\d+ )?required|unexpected keyword argument|input validation|does not match .{0,20}schema|参数(?:错误|无效|缺失)/i;

const LOOKED_AT = 400;

function saidIn(result: string): string {
  let text = result.slice(0, LOOKED_AT);
  // A meta tool wraps what a tool wrapped.
  for (let layer = 0; layer < 3; layer++) {
    const next = text.replace(/\\+(?=["'n])/g, '').replace(ENVELOPE, '').trimStart();
    if (next === text) break;
    text = next;
  }
  return text;
}

export const isErrorText = (result: string): boolean => ERROR.test(saidIn(result).slice(0, 120));
export const isUnknownTool = (result: string): boolean => UNKNOWN.test(saidIn(result).slice(0, 200)) && isErrorText(result);
export const isArgumentError = (result: string): boolean => INVALID.test(saidIn(result));
