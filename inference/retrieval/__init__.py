"""Finding what the community knows about a question: words, trigrams and meaning, joined into one order.

`retrieve` asks for candidates, `fusion` orders them, `quoting` picks the sentence that answers. The rules of use are
part of every query (`knowledge.access`): what somebody may not have is never ranked for them.
"""
