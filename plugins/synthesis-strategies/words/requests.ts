/** How people dress up what they ask for: taken off, what is left is the request itself. Longest first. */
export const LEAD_INS: readonly RegExp[] = [
  /^i(?:'m| am) (?:really |just |also )*(?:hoping|wondering if|wondering whether|looking for (?:some )?help|calling) (?:that )?(?:you (?:can|could|might|would)(?: be able to)? )?(?:please )?(?:help|assist)(?: me| us)?(?: out)? (?:with|to|in) /i,
  /^i(?:'m| am) (?:really |just |also )*wondering (?:if|whether) (?:you (?:can|could|might|would)(?: be able to)? |i (?:can|could) )/i,
  /^i(?:'m| am) (?:really |just |also |currently )*(?:looking|hoping|trying|planning|writing|calling|reaching out|contacting you|here) to /i,
  /^i(?: really| just| also|'d also| do)* (?:need|could use|want|would like|'d like)(?: to get)?(?: some| your| a bit of| a little)? (?:help|assistance)(?: please)? (?:with|to|in|on|for) /i,
  /^i(?:'d| would)(?: really| also| just| actually)* (?:like|love|prefer|want|need)(?: for you| you)? to /i,
  /^i(?: really| just| also| actually| do| will| still)* (?:want|need|wish|have)(?: for you| you)? to /i,
  /^(?:can|could|would|will|may|might) (?:you|we|i)(?: please| kindly| also| possibly| just| maybe| still| be able to)* (?:help|assist)(?: me| us)?(?: out)?(?: please)?(?: with| to| in)? /i,
  /^(?:can|could|would|will|may|might) (?:you|we|i)(?: please| kindly| also| possibly| just| maybe| still| then)*(?: be able to)? (?!be\b|not\b|have\b)/i,
  /^(?:please |kindly |just |also |now )*(?:help|assist)(?: me| us)?(?: to| with| in)? /i,
  /^request (?:to|that you) /i,
  /^(?:please |kindly )*(?:go ahead|proceed) (?:and|to|with) /i,
  /^(?:please|kindly|let's|let us|i request (?:that )?you(?: to)?|it would be (?:great|nice|good) if you (?:could|can)|i(?:'d| would) appreciate (?:it )?if you (?:could|can)|you (?:should|must|need to)|your task is to|the task is to) /i,
  /^(?:请你?|麻烦(?:你|您)?|劳烦|拜托)?(?:帮(?:我|忙|助我)(?:们)?(?:来|一下)?|帮助我|替我|给我)\s*(?=[\p{Script=Han}A-Za-z/])/u,
  /^(?:我|我们)(?:想要?|希望|需要|打算|要)(?:请?你)?(?:帮(?:我|忙))?/,
  /^(?:请(?!问|假|客)|麻烦(?:你|您)?|能不能|能否|可以|可否|你能|您能)(?:帮(?:我|忙))?/,
];

/** Something more is wanted further on: the start is a reason then, and stays as it is. */
export const LATER_REQUEST =
  /^(?:i\b|we\b|我|我们).*[,.;，。；]\s*(?:and )?(?:so )?(?:please\b(?![\s.!?]*$)|can you|could you|would you|help me|i need|show me|tell me|give me|recommend|请|帮我|麻烦)\b/i;

/** Taken off the end. */
export const TAILS: readonly RegExp[] = [
  /[,\s]*\b(?:please|thank you(?: so much)?|thanks(?: a lot)?|if (?:that's|that is|it's|it is) (?:possible|okay|ok|alright)|if you (?:can|could|don't mind)|for me(?:,? please)?|right now, please)[.!?\s]*$/i,
  /[.!,;]\s*(?:can|could|would|will) you (?:please )?(?:help|assist|do)(?: me)?(?: with)?(?: this| that| it)?\s*\??$/i,
  /(?:，|,)?\s*(?:谢谢(?:你|您)?|可以吗|好吗|行吗|吗)[。！!？?\s]*$/,
];

/** Verbs that requests begin with, in their base form; their -ing forms are made of them. */
export const VERBS = new Set(
  `add adjust allow analyze analyse answer apply arrange ask assign attach be book browse build buy calculate call cancel change chart
  check choose clean close collect combine compare compile complete compose compute configure confirm connect convert copy correct count create
  debug decide decrypt delete deploy describe design determine develop display do downgrade download draft draw edit email enable estimate
  evaluate examine exchange execute explain explore export extract fetch file fill filter find fix fly format gather generate get give go help
  identify implement import improve include insert inspect install investigate invite issue keep know learn leave list locate look make
  merge modify monitor move name obtain open optimize order organize pay perform pick plan plot post prepare present print proceed process provide
  publish purchase put rank read rebook recommend redact refactor refund register reinstall remove rename reply report request reschedule reserve
  reset resolve restart retrieve return review rewrite run save scan schedule search select send set share show sign solve sort split start
  stay stop store submit suggest summarize summarise switch take talk tell test track transfer translate travel try turn tell uninstall update upgrade
  upload use validate verify view visit visualize watch write`.split(/\s+/),
);

const ing = (verb: string): string =>
  verb.endsWith('e') && !verb.endsWith('ee') && verb !== 'be'
    ? `${verb.slice(0, -1)}ing`
    : /^(?:add|book|buy|do|fly|go|fix|know|look|draw|show|view|pay|stay|try|say|play|open|order|edit|email|visit)$/.test(
          verb,
        ) || !/[^aeiou][aeiou][bdglmnprt]$/.test(verb)
      ? `${verb}ing`
      : `${verb}${verb.at(-1)}ing`;

/** `cancelling` -> `cancel`, in British and American spelling. */
export const GERUNDS: ReadonlyMap<string, string> = new Map(
  [...VERBS].flatMap((verb) =>
    [ing(verb), verb.endsWith('e') ? ing(verb) : `${verb}ing`].map((form) => [form, verb] as const),
  ),
);
