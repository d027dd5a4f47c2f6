"""Where sentences end, in many languages, and that no piece of an answer more than the allowed ones gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engine.sentences import SentenceLimit

# Each row is one answer, cut where its sentences end. What separates them belongs to the next one.
ANSWERS = [
    ["A heron is a bird.", " It eats fish.", " Have you seen one?", " I have!"],
    ["No mark at the end"],
    ["Bread costs 3.50 today.", " It was 3.20 in 2020.", " Version 1.2.3 is out."],
    ["Dr. Ruth Soto and Mrs. Lee came.", " They met Prof. Li at St. Mary."],
    ["Eat fruit, e.g. apples, i.e. something sweet.", " Nuts, seeds, etc. are good.", " Eggs, milk, etc.", " Or fish."],
    ["J. R. R. Tolkien wrote it.", " So did C. S. Lewis.", " George W. Bush did not."],
    ["It was written by J. Smith.", " J.K. Rowling read it."],
    ["Oranges have much vitamin C.", " He is taller than I.", " She is, too."],
    ["The U.S. army left at 5 p.m. on Monday.", " He lives in the U.S.", " She has a Ph.D.", " She teaches."],
    ["Well... I am not sure.", " Hm… let me think.", " Wait... what?!", " Yes."],
    ["“Stop!” he said.", " “Why?” she asked.", ' "Because it rains."', " He left."],
    ['She said "yes."', " Then (as I said.) we went.", " (It rained.)", " We ran."],
    ["**Bold words.**", " *Really?*", " Yes."],
    ["The answer is no.", " See No. 5 and fig. 3.", " On Nov. 24 it rains."],
    ["Is x = 5?", " Solve for x.", " I am 30.", " You are 31."],
    ["See example.org/a?b=c or file.txt.", " Mail a.b@c.org.", " Done!"],
    ["Great!", "😊 Let us go.", "🎉 Now."],
    ["hello.", " how are you.", " i am fine."],
    ["1. Wake up early.", "\n2. Drink water.", "\n3. Go out.", "\n10 o'clock is late."],
    ["Here are some things:\n\n- bread", "\n- milk,\n- eggs", "\n\nThat is all."],
    ["a. First this.", " b. Then that."],
    ["# Heading", "\nFirst line of text", "\n\nSecond one."],
    ["42.", " That is the answer."],
    ["!!! Hello.", " ... And you?"],
    # Spanish, Portuguese, French, Italian
    ["¡Hola!", " ¿Cómo está Ud. hoy?", " El Sr. Gómez y la Dra. Ruiz vienen, p. ej. a las 5 p.m. o antes.", " Bien."],
    ["¿Sí?", "¡Claro!"],
    ["Olá!", " O Sr. Silva mora aqui.", " Bom dia."],
    ["Mme. Curie et M. Dupont sont là.", " Quoi ?", " « Non. »", " Voilà."],
    # German
    ["Am 3. Oktober feiern wir, z. B. mit Musik.", " Im 19. Jahrhundert war das, d. h. früher, anders.", " Gut."],
    ["»Halt!« rief er.", " »Warum?«", " Er ging."],
    ["„Halt!“ rief er.", " „Warum?“", " Dr. Weber ging bzw. lief usw. weiter."],
    # Russian, Greek
    ["Привет!", " Как дела?", " Хорошо, т.е. нормально.", " А. С. Пушкин писал стихи."],
    ["Γεια σου.", " Τι κάνεις;", " Καλά."],
    ["First this; then that.", " End."],
    # Arabic, Urdu, Persian, Hebrew
    ["مرحبا!", " كيف حالك؟", " أنا بخير، شكرا.", " وأنت؟"],
    ["یہ ایک جملہ ہے۔", " یہ دوسرا ہے۔"],
    ["سلام.", " حال شما چطور است؟", " می‌گویم خوب."],
    ["שלום.", " מה שלומך?", " טוב!"],
    # Hindi, Bengali, Thai (no mark at all), Burmese, Khmer
    ["नमस्ते।", " आप कैसे हैं?", " मैं ठीक हूँ।", "यह ३.५ है।"],
    ["আমি ভালো আছি।", " তুমি?"],
    ["สวัสดีครับ วันนี้อากาศดี", "\nพรุ่งนี้ฝนตก"],
    ["မင်္ဂလာပါ။", " နေကောင်းလား။"],
    ["សួស្តី។", " សុខសប្បាយទេ?"],
    # Chinese, Japanese, Korean
    ["你好。", "今天天气很好！", "你呢？", "“我很好。”他说。", "再见。"],
    ["好!", "你呢?", "3.5元。"],
    ["こんにちは。", "「はい。」と言った。", "元気ですか？", "はい！"],
    ["안녕하세요.", " 잘 지내세요?", " 네!"],
    # Amharic, Armenian, Inuktitut
    ["ሰላም ነው።", " እንዴት ነህ፧", " ደህና።"],
    ["Բարեւ։", " Ինչպես ես։"],
    ["ᐊᐃ᙮", " ᖃᓄᐃᐱᑦ?"],
]


def through(pieces: list[str], most: int) -> str:
    limit = SentenceLimit(most)
    shown = "".join(map(limit.add, pieces))
    return shown + limit.finish()


def cut(text: str, at: list[int]) -> list[str]:
    places = sorted(place % (len(text) + 1) for place in at)
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@pytest.mark.parametrize("sentences", ANSWERS, ids=lambda sentences: sentences[0][:20])
def test_sentences_end_where_people_end_them(sentences: list[str]) -> None:
    text = "".join(sentences)
    for most in range(1, len(sentences) + 2):
        expected = "".join(sentences[:most])
        assert through([text], most) == expected
        assert through(list(text), most) == expected


@given(st.sampled_from(ANSWERS), st.integers(1, 5), st.lists(st.integers(0, 400), max_size=12))
def test_the_pieces_in_which_an_answer_comes_change_nothing(sentences: list[str], most: int, at: list[int]) -> None:
    text = "".join(sentences)
    assert through(cut(text, at), most) == through([text], most)


words = st.sampled_from(
    ["Dr", "J", "I", "e.g", "U.S", "no", "12", "3.5", "word", "Word", "好", "है", "»", "«", '"', "(", ")", "*", "…", "1"]
)
marks = st.sampled_from([".", "!", "?", "。", "।", "؟", ";", ":", ",", "\n", " ", "  ", "\u00a0", "..", "“", "„", "😊"])


@given(st.lists(words | marks, max_size=30).map("".join), st.integers(1, 4), st.lists(st.integers(0, 200), max_size=10))
def test_any_text_comes_through_the_same_in_any_pieces(text: str, most: int, at: list[int]) -> None:
    whole = through([text], most)
    assert text.startswith(whole)
    assert through(cut(text, at), most) == whole
    assert through([text], most + 1).startswith(whole)
    assert through([text], 200) == text


@given(st.text(max_size=60), st.integers(1, 3), st.lists(st.integers(0, 60), max_size=6))
def test_whatever_a_model_writes(text: str, most: int, at: list[int]) -> None:
    assert through(cut(text, at), most) == through([text], most)


def test_it_is_complete_as_soon_as_that_is_sure_and_says_nothing_more() -> None:
    limit = SentenceLimit(1)
    assert limit.add("It is 3") == "It is 3"
    assert limit.add(".") == "."  # of a number, or the end?
    assert not limit.complete
    assert limit.add(" ") == ""
    assert limit.add("Yes. It") == ""
    assert limit.complete
    assert limit.add(" is.") == ""
    assert limit.finish() == ""


def test_what_was_held_back_is_not_lost() -> None:
    limit = SentenceLimit(1)
    assert limit.add("By Dr. ") == "By Dr."
    assert limit.finish() == " "
    assert not limit.complete
