/** What people say to be polite, to agree, or to talk about the talk itself. A sentence that is one of these asks for nothing. */

/** Taken off the start of a sentence, as often as one matches. */
export const OPENERS: readonly RegExp[] = [
  /^(?:hi|hello|hey|greetings|dear \w+|good (?:morning|afternoon|evening|day))(?: there| everyone| team)?(?:[,!.;:\s–—-]+|$)/i,
  /^(?:sure(?: thing)?|yes|yep|yeah|no|nope|ok(?:ay)?|alright(?: then)?|all right|great|perfect|excellent|wonderful|awesome|fine|right|correct|absolutely|certainly|of course|exactly|thanks|thank you|got it|understood|oh|ah|hmm+|well|wow|sorry|i see|no (?:problem|worries)|unfortunately|actually|additionally|also|meanwhile|in (?:that|this) case|then|alternatively|for now|by the way|but just to check|just to confirm|in addition|on top of that|first of all|lastly|finally|(?:i'm |i am )?sorry,? but|(?:i'm |i am )(?:really |so )?sorry|sorry for the (?:confusion|trouble|inconvenience)|i apologi[sz]e(?: for [^,.]{3,40})?|however|in the meantime|(?:while|before) i(?:'m)? \w+(?: \w+)?|let me check my \w+|hopefully|as i mentioned|like i said|oh no|you know what|i understand,? but|no,? thank you|yes,? please)(?:\s*[,!.;:–—-]+\s*|$)/i,
  /^(?:i (?:really |do |completely |totally |fully )*(?:appreciate|understand|see|get)|thank you for|thanks for) [^,.!?]{2,80}, but\s+/i,
  /^(?:thank you|thanks)(?: (?:so|very) much| a lot)?(?: for [^,.!?]{2,60})?(?:[,!.;:–—-]+\s*|$)/i,
  /^(?:and|but|so|also|then|well),?\s+(?=[a-z])/i,
  /^(?:你好|您好|早上好|下午好|晚上好|好的?|嗯+|是的?|对的?|可以|行|没问题|谢谢(?:你|您)?(?:的帮助)?|麻烦(?:你|您)?了?|不好意思|那么?|另外|还有|请问)[，,。！!、；;：:\s]+/,
];

/** The whole sentence goes. */
export const SMALL_TALK: readonly RegExp[] = [
  /^(?:hi|hello|hey|yes|no|ok|okay|sure|thanks|bye|goodbye|please|correct|great|perfect)?[\s.!?]*$/i,
  /^(?:that(?:'s| is| was| will be| would be)|it(?:'s| is)|everything|all)\s+(?:is |looks? |sounds? |seems? )?(?:all|right|correct|fine|good|great|perfect|okay|ok|it|wonderful|helpful|very helpful|everything|awesome|unfortunate|clear)\b[^?]*$/i,
  /^(?:sounds|looks|works) (?:good|great|perfect|fine|like a plan)\b/i,
  /\b(?:thank you|thanks|i (?:really |do |would )?appreciate (?!if|it if)|appreciate (?:it|your))\b/i,
  /\b(?:have a (?:great|good|nice)|take care|you too|looking forward|see you|good ?bye)\b/i,
  /^(?:please )?(?:go ahead|proceed|continue|confirm(?:ed)?|do (?:that|it|so))(?: (?:with|then|now|please|and (?:do|proceed|continue)|on|this|that|it|the)\b[^?]*)?[.!]*$/i,
  /^(?:i|we)(?: can|'d like to| would like to| want to)? (?:confirm|agree|understand|see|accept|get it|got it)\b/i,
  /^i(?:'d| would)? like to (?:proceed|go ahead|continue)\b/i,
  /^(?:let's|let us) (?:proceed|go ahead|do (?:it|that|this)|continue|get back|go with (?:it|that))\b/i,
  /\blet me know\b/i,
  /\b(?:i'll|i will|i'd) (?:get back|reach out|contact you|wait|look for|try to find|look into|gather|see if i can|keep (?:that|this) in mind|make sure to|be (?:in touch|back)|check back|follow up)\b/i,
  /\bcan i get back to you\b/i,
  /^(?:can|could|would|will|are|do) you (?:still |please |kindly |possibly |maybe )*(?:able to )?(?:help|assist)(?: me| us)?(?: out)?(?: (?:with|on|in) (?:that|this|it|these|those|(?:the|my) (?:process|request|issue|situation|matter|cancell?ation|change|booking)))?(?: please)?\s*\?*$/i,
  /^(?:can|could|would|will) you (?:still |please )*(?:help|assist)(?: me)?(?: with (?:that|this|it))?\s*,?\s*(?:please)?\?*$/i,
  /\b(?:another|any other|a different|some other|other) (?:way|option|alternative|method)s?\b/i,
  /\b(?:is there|isn't there|are there|do you have) (?:really )?(?:anything|something|any|anyone|someone|a chance|no way)(?: else)?\b[^.]*\?$/i,
  /\b(?:anything|something) else (?:i|you|we)\b/i,
  /^(?:how|where|what) (?:can|do|should|could) i (?:proceed|do (?:that|this|it)|go about|start|next)\b/i,
  /^what(?:'s| is) (?:the )?next\b|^what (?:are|were) (?:my|the) (?:options|choices)\b/i,
  /^(?:are|were) you (?:sure|certain|positive)\b/i,
  /^(?:could|can|would|will) you (?:please )?(?:double[- ]check|check (?:again|that|it|this)|confirm|verify|clarify|explain|repeat|let me)\b[^,;]*\?$/i,
  /^(?:will|would|does|did|is) (?:that|this|it) (?:work|help|be (?:ok|okay|possible|enough|fine)|possible|okay|ok|enough|correct|right)\b/i,
  /^i(?:'d| would| am|'m)? (?:be )?(?:really |so |very |a bit |quite |just )*(?:happy|glad|hoping so|grateful|frustrated|disappointed|upset|sorry|worried)\b(?!.*\b(?:because|since|that|with|about|by|as|due)\b)[^,;]*$/i,
  /^that(?:'s| is) (?:all|it|everything|fine|okay|right|correct)\b/i,
  /^(?:i )?(?:do not|don't) (?:need|have) (?:anything|any(?:thing)? (?:more|further|else)|any (?:other|further) (?:questions|help))\b/i,
  /^(?:no further|nothing (?:else|more|further))\b/i,
  /^(?:it(?:'s| is)|this is) (?:really |very )?(?:important|urgent)(?: to me)?[.!]*$/i,
  /^(?:please )?(?:transfer|connect|put) me (?:to|through to|with) (?:a |an |the )?(?:human|real|live|supervisor|manager|agent|representative|person)\b/i,
  /^(?:i must have|i'll (?:just )?(?:handle|check|take care|do|try|have|think|see|call|rebook|book|use it|consider|give|let|go ahead|provide|figure)\b|i will (?:check|handle|try|think)|found it|got it|here (?:it is|you go)|my (?:apologies|bad|mistake)|i (?:apologi[sz]e|was wrong|made a mistake)|how (?:do|can|should) (?:we|i) (?:proceed|go)|that (?:sounds|works|makes)|(?:can|could) you (?:please )?(?:hold on|wait|bear with)|(?:just )?(?:one|a) (?:moment|second|minute))\b/i,
  /^(?:never ?mind|i (?:think|guess|believe) (?:that's|that is|that will be|that was|it's worth|we're)|hopefully|i (?:will|do|did|am|can|see)[.!]*$|i(?:'m| am) (?:still )?(?:searching|looking for it|checking|really hoping|hoping (?:for|that))|i hope\b|(?:check|try|look) (?:again|one (?:last|more) time|once more)|maybe there|(?:can|could) we (?:address|discuss|talk about|get back|continue)|do you think|that (?:can't|cannot|couldn't) be|i need this (?:sorted|resolved|fixed)|it would (?:mean|help|be)|i(?:'m| am) sure there|that helps|it(?:'s| is| was| has been) (?:really |very |quite |so |a bit )*(?:inconvenient|frustrating|annoying|disappointing|stressful|urgent|important)|you(?:'re| are) (?:the|so|very|really|being|a)\b|i can (?:give|provide|share|tell) (?:you )?(?:my|the|you)\b|(?:do|be) not (?:be )?transferred)\b/i,
  /^do not be transferred\b/i,
  /^that(?:'s| is)? (?:all )?(?:sounds? |a (?:\w+ )?(?:relief|pity|shame|surprise)|alright|all right)\b[^?]*$/i,
  /^(?:there must be (?:some|a) (?:mistake|error|misunderstanding)|maybe i (?:mixed|confused|misremember)|i guess (?:you're|you are|so|that))\b/i,
  /^(?:i'll|i will) (?:go|proceed with (?:the|that|this) \w+|stick with (?:the|my) (?:current|existing|original) \w+)[.!]*$/i,
  /^(?:i (?:think|believe) )?it(?:'s| is| might be| could be)(?: the \w+ that i need to \w+)?[.!]*$/i,
  /^(?:make sure (?:that|it|this)(?:'s| is) done|resolve (?:this|it) (?:quickly|soon|now))[.!]*$/i,
  /^(?:isn't|aren't|wasn't|weren't|doesn't|didn't) [^?]*$/i,
  /\bhold on\b|\bgive me a (?:moment|second|minute)\b/i,
  /\bbeing transferred\b|\bprefer not to be transferred\b|\brather not be transferred\b/i,
  /^(?:谢谢|感谢|多谢|好的?|嗯|是的?|对|可以|行|没问题|再见|拜拜|不用了?|没有了?|麻烦了|辛苦了|明白了?|知道了|了解|收到|确认|请继续|继续吧?|就这样吧?|没错|同意)(?:你|您|了|的|啊|吧|呀|哦|！|!|。|，|,|\s)*$/,
  /^(?:非常|十分)?感谢|^谢谢|^(?:能|可以|你能|您能)(?:请)?(?:帮(?:我|个)?忙?|协助)(?:一下)?吗/,
];

/** The user does not know something that was asked for. It stays in the task unless the user names it after all. */
export const UNKNOWN_TO_USER =
  /\b(?:do not|don't|can't|cannot|not sure|not certain|unsure|forgot|forgotten|no idea)\b[^.]*\b(?:have|know|remember|recall|about|of|what|find|sure|my|the)\b[^.]*?\b((?:user|reservation|booking|order|account|confirmation|customer|membership|member|phone|reference|ticket|tracking)(?:'s)?(?: (?:id|ids|number|numbers|code|name|level|status))?|e-?mail(?: address)?|id|number)s?\b|\bthose with me\b|\bthat information with me\b/i;

/** Speaks of what the agent said last, and so means nothing where that is not seen. */
export const DEICTIC =
  /\b(?:(?:the|your) (?:first|second|third|last|cheaper|cheapest|former|latter|other|previous|next) (?:one|option|flight|choice|offer|suggestion|proposal|result)|options? (?:#|no\. ?|number )?\d|(?:either|both|all|neither|none|any|one) of (?:those|these|them)|those (?:options|flights|results|details)|that (?:one|option|flight|booking|price|amount|offer|works|information|upgrade|case|change|refund)|this (?:change|option|one|upgrade|total|amount)|the (?:offer|option|options|options you (?:mentioned|listed))|you (?:just )?(?:mentioned|listed|offered|suggested|found|said|provided)|as you (?:said|suggested)|same as (?:before|above)|above|where we left off)\b|(?:第[一二三四五1-5]个(?!人|月|季度|星期)|刚才(?:说|提到)的|上面(?:的|提到)|你(?:说|提到|推荐)的)/i;
