/** What to do about a failure that does not say so itself, by its code. */
const BY_CODE: Readonly<Record<string, string>> = {
  TOOL_UNKNOWN: 'That tool is not there (any more). Take one of the list, or ask for it with request_tool.',
  ARGUMENTS_INVALID: 'The arguments do not fit the schema. Correct those that are named; the tool did not run.',
  SERVER_TIMEOUT: 'It took too long. Ask for less at once, or take another tool.',
  SERVER_UNAVAILABLE: 'Its server cannot be reached now. Go on with something else, or take another tool.',
  SERVER_LOST: 'Its server broke off; it may or may not have done its work. Look before you call it again.',
  CALL_UNCERTAIN:
    'It was begun before an interruption; it may or may not have had its effect. Look before you call it again.',
  RESULT_TOO_LARGE: 'The result is too large. Ask for a part of it.',
  PLANE_UNREACHABLE: 'The tool server cannot be reached now.',
};
export const remedy = (code: string | undefined): string | undefined =>
  code === undefined ? undefined : BY_CODE[code];
