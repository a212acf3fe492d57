import type { EvidenceStep } from '#plugins/synthesizer/api';

/** How results begin that only in their text say that the call failed. */
const ERROR =
  /^[\s"'{[(]*(?:(?:the )?(?:mcp )?(?:error|exception|fatal(?: error)?|failure|timeout|\w+(?:Error|Exception))\s*(?:[:：!]|\((?:most|code)|(?:executing|calling|occurred|while|when|in|reading|writing|fetching)\b|-?\d|$)|traceback \(most|failed to \w|unknown tool|tool not found|no such tool|invalid (?:argument|parameter|input|tool)s?\b|(?:permission|access) denied|(?:request |tool call |operation )?timed out|command not found|bash: \S+ |\d{3} (?:not found|forbidden|unauthorized|internal server error)|(?:input )?validation error|your (?:proposed )?edit has introduced|错误[:：]|失败[:：]|出错)|^\s*\{\s*"(?:error"\s*:(?!\s*(?:null|false|""|\[\]|\{\}))|success"\s*:\s*false|is_?error"\s*:\s*true)/i;

/** Only such results say that the tool itself is not there. */
const NO_TOOL =
  /\b(?:unknown tool|tool (?:\S+ )?(?:was |is )?not found|no such tool|invalid tool|tool (?:\S+ )?does not exist|server (?:\S+ )?not found|command not found)\b|未知工具|工具不存在/i;

/** What wraps a text where the whole MCP result was recorded, as JSON or as Python prints it. */
const ENVELOPE =
  /^\s*(?:\{\s*(?:"_?meta"\s*:\s*(?:null|\{[^{}]{0,200}\})\s*,\s*)?"content"\s*:\s*\[\s*\{\s*"type"\s*:\s*"text"\s*,\s*"text"\s*:\s*"|(?:meta=\S{1,200}\s+)?content=\[TextContent\(type='text', text=["'])/;
/** The mark of such a result, which stands at its end. */
const MARKED = /"isError"\s*:\s*true\b|\bisError=True\b/;
const START = 400;
const END = 200;

export const hasFailed = ({ error, result }: Pick<EvidenceStep, 'error' | 'result'>): boolean =>
  error || (result !== undefined && saysSo(result));

function saysSo(result: string): boolean {
  const start = result.slice(0, START);
  const envelope = ENVELOPE.exec(start)?.[0].length ?? 0;
  return ERROR.test(start.slice(envelope)) || (envelope > 0 && MARKED.test(result.slice(-END)));
}

/** The agent called a tool that it had made up. */
export const isNoTool = (step: EvidenceStep): boolean =>
  hasFailed(step) && NO_TOOL.test((step.result ?? '').slice(0, START));
