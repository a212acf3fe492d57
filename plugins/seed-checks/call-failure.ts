import type { EvidenceStep } from '#plugins/synthesizer/api';

/** How results begin that only in their text say that the call failed. */
const ERROR =
  /^[\s"'{[(]*(?:(?:the )?(?:error|exception|fatal|failed to|failure|traceback|unknown tool|tool not found|no such tool|invalid (?:argument|parameter|input)s?|permission denied|access denied|timed? ?out|command not found|bash: \S+ )\b|(?:mcp )?error (?:executing|calling|occurred|-?\d+)|\w*(?:Error|Exception): |\d{3} (?:not found|forbidden|unauthorized|internal server error)|错误|失败|出错)|^\s*\{\s*"(?:error"\s*:\s*(?!null|false|""|\[\]|\{\})|success"\s*:\s*false|is_?error"\s*:\s*true|status"\s*:\s*"(?:error|failed)")/i;

/** Only such results say that the tool itself is not there. */
const NO_TOOL =
  /\b(?:unknown tool|tool (?:\S+ )?(?:was |is )?not found|no such tool|tool (?:\S+ )?does not exist|server (?:\S+ )?not found|command not found)\b|未知工具|工具不存在/i;

const START = 200;

export const hasFailed = ({ error, result }: EvidenceStep): boolean =>
  error || (result !== undefined && ERROR.test(result.slice(0, START)));

/** The agent called a tool that it had made up. */
export const isNoTool = (step: EvidenceStep): boolean =>
  hasFailed(step) && NO_TOOL.test((step.result ?? '').slice(0, START));
