/**
 * What harnesses put around a task: texts that tell an agent how to work and are no part of what is asked. Each pattern is
 * about wording that several harnesses share, and cuts only itself, or (`REST`) all that follows.
 */
export const REST: readonly RegExp[] = [
  /^[ \t#*]*(?:INSTRUCTIONS|IMPORTANT TIPS|IMPORTANT NOTES?|RESPONSE FORMAT|OUTPUT FORMAT|GUIDELINES|RULES|COMMANDS|AVAILABLE (?:TOOLS|COMMANDS))[ *]*:?[ *]*$/m,
  /^(?:Now, you're going to solve|You can use any bash commands or|Follow these steps to (?:resolve|solve)|Can you help me implement the necessary changes)/m,
  /^\(Open file: [^\n]*\)\s*$/m,
];

/** The task stands between such a pair; what is said before it where the mark alone says what it is. */
export const WRAPPED: readonly (readonly [RegExp, string])[] = [
  [
    /<(issue_description|pr_description|problem_statement|issue)>\s*([\s\S]*?)\s*<\/\1>/i,
    'Fix this issue in the repository:\n',
  ],
  [/<(task|user_query|user_request|question|problem)>\s*([\s\S]*?)\s*<\/\1>/i, ''],
];

/** Gone, with what replaces them. */
export const FRAMES: readonly (readonly [RegExp, string])[] = [
  [/<(uploaded_files|environment_details|system-reminder|environment_context)>[\s\S]*?<\/\1>/gi, ''],
  [
    /^We(?:'re| are) (?:currently )?(?:solving|working on) the following issue within our repository\.\s*/im,
    'Fix this issue in the repository:\n',
  ],
  [/^We(?:'re| are) (?:currently )?(?:solving|working on) the following ([\w -]{2,40})\.\s*/im, 'Solve this $1. '],
  [/Here(?:'s| is) the (?:issue|task|problem)(?: text| description)?:\s*/gi, ''],
  [/^\s*(?:ISSUE|TASK|QUESTION|USER QUERY|PROBLEM)\s*:\s*/gm, ''],
  [/\bThe description is:\s*No description (?:provided|given)\.?\s*/gi, ''],
  [/\bThe description is:\s*/gi, ''],
  [/^Files included in the challenge: No files included in this challenge\.?\s*$/gim, ''],
  [/#{2,}\s*[A-Z][A-Z_ -]{2,30}\s*#{2,}/g, ''],
  [/<\|[a-z_]{2,30}\|>/g, ''],
  [/\(Current directory: [^\n]*\)\s*(?:bash-?\$)?/g, ''],
];

/** Marks by which a message tells what is to be done with the task in it. */
export const LEADS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:solving|working on|resolve|fix) the following (?:github )?issue\b|<(?:issue_description|pr_description|problem_statement|issue)>/i,
    'Fix this issue in the repository:\n',
  ],
];
