"""Lets an answer through up to its n-th sentence, whatever pieces it comes in. Pure.

A sentence ends at a mark that ends sentences (UAX #29 gives the frame; the lists of abbreviations are ours) or with
its line: a heading, an item of a list and a line of a poem count as one, unless the line announces more with a colon
or a comma. A full stop ends none inside a number or an address, after an abbreviation, an initial or the number of an
item, or in an ellipsis. In doubt the sentence goes on: one too many is better than a name cut in half.
"""

import re
import unicodedata

_SPACED = ".!?"
"""Marks that end a sentence only if something that is no part of the word follows: a file name has a full stop, too."""
_AT_ONCE = (
    "。！？｡．︒︕︖﹒﹖﹗"  # Chinese, Japanese
    "।॥"  # Devanagari and its relatives
    "؟۔\u061d\u061e\u0700\u0701\u0702\u07f9"  # Arabic, Urdu, Syriac, N'Ko
    "\u0589"  # Armenian
    "።፧፨"  # Ethiopic
    "\u104b\u17d4\u17d5\u1aa8\u1aa9\u1aaa\u1aab"  # Burmese, Khmer, Tai Tham
    "\u166e\u1735\u1736\u1803\u1809\u1944\u1945"  # Canadian syllabics, Philippine, Mongolian, Limbu
    "\u1b5a\u1b5b\u1b5f\u1c3b\u1c3c\u1c7e\u1c7f"  # Balinese, Lepcha, Ol Chiki
    "\ua4ff\ua60e\ua60f\ua6f3\ua6f7\ua8ce\ua8cf\ua92f\ua9c9"  # Lisu, Vai, Bamum, Saurashtra, Kayah, Javanese
    "\uaa5d\uaa5e\uaa5f\uaaf0\uaaf1\uabeb"  # Cham, Meetei Mayek
    "\U00011141\U00011142\U00011143\U00016a6e\U00016a6f\U00016e98"  # Chakma, Mro, Medefaidrin
    "‼‽⁇⁈⁉⸮"
)
"""Marks that end a sentence wherever they stand; the Sentence_Terminal characters of living scripts (Unicode 15)."""
_GREEK_QUESTION = ";\u037e"
_CLOSERS = "\"'’”»›)]}*_`」』）】》〉〕］"
"""What belongs to a sentence that ends just before it."""
_OPENED_WITH = {"“": "„", "‘": "‚", "«": "»", "‹": "›"}
"""These close as well where the other was opened: German „so“ and »so«."""
_FRENCH_CLOSERS = (" »", "\u00a0»", "\u202f»")
_MARKS = f"{_SPACED}{_AT_ONCE}{_GREEK_QUESTION}…"
_CANDIDATE = re.compile(f"[{re.escape(_MARKS)}\n]")
_GOES_ON = re.compile(r"[:,;：，、；–—-][*_]*\s*$")
"""A line that ends so announces the next."""
_ITEM = re.compile(r"[\s#>*_•-]*\(?(\d{1,3}|[a-z]|[ivx]{1,4})")
_LAST_WORDS = re.compile(r"(?:([^\s(\[{]*)[ \t]+)?[^\w\s]*([^\s(\[{\"'’“‘„«*_/]+)$")
"""The last word and the one before it, as groups 2 and 1."""
_ORDINAL = re.compile(r"(?:^|\s)(?:den|dem|der|des|vom|im|zum|(?<!\bi )am) \d{1,2}$", re.IGNORECASE)
"""A German date or century: am 3. Oktober, im 19. Jahrhundert; but not: I am 30."""
_TITLE = re.compile(
    "M|Mr|Mrs|Ms|Mx|Dr|Prof|St|Sr|Sra|Srta|Dra|Drs|Dña|Ud|Uds|Vd|Vds|Mme|Mlle|Mm|Mgr|Hr|Fr|Rev|Hon|Gen|Col|Lt|Sgt|Capt|"
    "Cmdr|Gov|Sen|Rep|Pres"
)
_ABBREVIATION = re.compile(
    r"e\.g|i\.e|cf|vs|viz|ca|approx|d|p|v|z|z\.b|d\.h|u\.a|bzw|bspw|[vn]\.chr|p\.ej|p\.ex|ej|т\.е|т\.к", re.IGNORECASE
)
"""What follows belongs to titles and to these."""
_MAYBE_LAST = re.compile(
    r"etc|usw|ff|jr|inc|ltd|co|corp|bros|al|dept|[ap]\.m|u\.s|u\.k|u\.n|u\.s\.a|e\.u|d\.c|b\.c|a\.d|b\.a|m\.a|ph\.d|"
    r"m\.d|ee\.uu|т\.д|т\.п|др",
    re.IGNORECASE,
)
"""They may end a sentence, and go on if a small letter follows."""
_BEFORE_NUMBER = re.compile(
    "no|nos|nr|núm|num|n|tel|art|figs?|tab|vol|ch|chap|cap|kap|sec|eq|pp|págs?|s|jan|feb|mar|apr|jun|jul|aug|sept?|"
    "oct|okt|nov|dec|dez|ene|abr|ago|dic|janv|févr|avr|juil|déc",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")
_BEFORE_INITIAL = re.compile("by|por|par|von", re.IGNORECASE)


class SentenceLimit:
    """Passes on what `add` is given until `most` sentences have ended; `complete` is True from then on."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._text = ""  # from the end of the last sentence on
        self._seen = 0  # of _text, without an undecided mark
        self._given = 0  # of _text, passed on
        self._item = 0  # number of the last list item

    @property
    def complete(self) -> bool:
        return self._left == 0

    def add(self, text: str) -> str:
        """What may be shown of `text` and of what was held back before it."""
        return self._take(text, last=False)

    def finish(self) -> str:
        """The rest: nothing comes after it."""
        return self._take("", last=True)

    def _take(self, text: str, *, last: bool) -> str:
        self._text += text
        shown = []
        while not self.complete:
            found = _CANDIDATE.search(self._text, self._seen)
            if found is None:
                self._seen = len(self._text)
                shown.append(self._give(len(self._text)))
                break
            at = found.start()
            run_end = at if found[0] == "\n" else _end_of_run(self._text, at)
            ends = self._ends(at, run_end, last=last)
            if ends is None:
                self._seen = at
                shown.append(self._give(run_end))
                break
            if ends:
                shown.append(self._give(run_end))
                self._text = self._text[run_end:]
                self._seen = self._given = 0
                self._left -= 1
            else:
                self._seen = max(run_end, at + 1)
        return "".join(shown)

    def _give(self, end: int) -> str:
        start, self._given = self._given, max(self._given, end)
        return self._text[start:end]

    def _ends(self, at: int, run_end: int, *, last: bool) -> bool | None:
        """Whether a sentence ends with the marks from `at` to `run_end`; None until more of the text is known."""
        text, before = self._text, self._text[:at]
        if text[at] == "\n":
            return _has_words(before) and not _GOES_ON.search(before)
        rest = text[run_end:]
        coming = rest.lstrip(" \t")
        if not last and (not coming or (coming[0].isupper() and len(coming) == 1)):  # an initial, or a word?
            return None
        run, after, following = text[at:run_end], rest[:1], coming[:1]
        if not _has_words(before) or (run[0] in _GREEK_QUESTION and not _is_greek(before[-1])):
            return False
        marks = run.rstrip(f"{_CLOSERS}{''.join(_OPENED_WITH)} \u00a0\u202f")
        quoted = len(marks) < len(run)
        at_once = run[0] in _AT_ONCE or (run[0] in "!?" and _is_han_or_kana(before[-1]))
        if at_once and not quoted:
            return True
        if not _stands_alone(after, spaced=not at_once) or (quoted and following.islower()):
            return False  # "Stop!" he said.
        if marks == ".":
            return not self._belongs_to_word(before, coming)
        return not set(marks) <= set(".…")

    def _belongs_to_word(self, before: str, coming: str) -> bool:
        """True when the full stop after `before` is part of an abbreviation, an initial or a list item's number."""
        if item := _ITEM.fullmatch(before, before.rfind("\n") + 1):
            number = int(item[1]) if item[1].isdigit() else None
            if number is None or number in (0, 1, self._item + 1):
                self._item = number or 0
                return True
        found = _LAST_WORDS.search(before[-80:])
        if found is None:
            return False
        previous, word = found[1] or "", found[2]
        small = coming[:1].islower()
        if _ABBREVIATION.fullmatch(word) or (word[0].isupper() and _TITLE.fullmatch(word.title())):
            return True
        if len(word) == 1 and word.isalpha() and previous[-1:] == ".":  # z. B., C. S. Lewis
            return True
        if _MAYBE_LAST.fullmatch(word):
            return small
        if _BEFORE_NUMBER.fullmatch(word) and coming[:1].isdigit():
            return True
        if word.isupper() and _INITIALS.fullmatch(word):
            one_more = bool(re.match(r"[^\W\d_]\.", coming))
            named = not previous or previous[0].isupper() or _BEFORE_INITIAL.fullmatch(previous)
            return len(word) > 1 or one_more or bool(named)
        return word.isdigit() and len(word) <= 2 and (small or bool(_ORDINAL.search(before[-80:])))


def _end_of_run(text: str, at: int) -> int:
    """Where the marks that begin at `at`, and the quotes and brackets that they close, end."""
    end = at + 1
    while end < len(text):
        if text[end] in _MARKS or text[end] in _CLOSERS:
            end += 1
        elif text[end : end + 2] in _FRENCH_CLOSERS and text.count("«", 0, end) > text.count("»", 0, end):
            end += 2
        elif (opened := _OPENED_WITH.get(text[end])) and text.count(opened, 0, end) > text.count(text[end], 0, end):
            end += 1
        else:
            break
    return end


def _has_words(text: str) -> bool:
    return any(c.isalnum() for c in text)


def _is_greek(c: str) -> bool:
    return "\u0370" <= c <= "\u03ff" or "\u1f00" <= c <= "\u1fff"


def _stands_alone(after: str, *, spaced: bool) -> bool:
    """True when the character `after` the marks begins something new.

    With `spaced` a character of Chinese or Japanese does, too. Without, it goes on with what was quoted:
    「はい。」と言った。
    """
    if not after or after.isspace() or after in "¿¡" or unicodedata.category(after) in ("So", "Ps", "Pi"):
        return True
    return spaced and _is_han_or_kana(after)


def _is_han_or_kana(c: str) -> bool:
    return "\u3040" <= c <= "\u9fff"
