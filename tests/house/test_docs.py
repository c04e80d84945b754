"""The documents are in plain English: lines that fit a screen, and sentences that are read once.

Blocks of code, tables and headings are no sentences. A name in backticks counts as one word, and a link as its text.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_LINE, LONGEST_SENTENCE, LARGEST_MEDIAN = 120, 40, 25
PLACES = ["*.md", "packetpost/*.md", "docs/**/*.md", "static/**/README.md", "benchmarks/*.md", "deploy/*.md"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


DOCUMENTS = sorted({path for place in PLACES for path in ROOT.glob(place) if "node_modules" not in path.parts})
FENCE, NO_PROSE, ITEM = re.compile(r"^\s*```"), re.compile(r"^\s*(\||#|$)"), re.compile(r"^\s*([-*]|\d+\.)\s+")
# A sentence ends with its mark, also inside of quotes, brackets or bold type, where the next one can begin.
SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)*_]*\s+(?=[\"“(*_`\[]*[A-Z0-9“`\[])")


def paragraphs(text: str) -> Iterator[str]:
    """Runs of prose, each in one line. An item of a list is a paragraph of its own."""
    found: list[str] = []
    code = False
    for line in text.splitlines():
        fence = FENCE.match(line)
        code ^= bool(fence)
        prose = not (fence or code or NO_PROSE.match(line))
        if found and (not prose or ITEM.match(line)):
            yield " ".join(found)
            found = []
        if prose:
            found.append(ITEM.sub("", line).strip())
    if found:
        yield " ".join(found)


def sentences(text: str) -> Iterator[str]:
    for paragraph in paragraphs(text):
        named = re.sub(r"(`+).+?\1", "`name`", paragraph)
        yield from SENTENCE_END.split(re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", named))


def words(sentence: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in sentence.split())


def test_sentences_are_found_in_paragraphs_and_items_and_nowhere_else() -> None:
    text = "# Head. Line\n\nOne `a b c` is\nhere. Two [are there](x y)!\n- Three\n  goes on\n\n"
    text += "| no. No |\n```\nNo. No.\n```\nFour"
    assert list(sentences(text)) == ["One `name` is here.", "Two are there!", "Three goes on", "Four"]
    assert [words(sentence) for sentence in sentences(text)] == [4, 3, 3, 1]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_the_lines_of_a_document_fit_a_screen(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), 1)
    assert {number: len(line) for number, line in lines if len(line) > LONGEST_LINE} == {}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_the_sentences_of_a_document_are_read_once(path: Path) -> None:
    found = list(sentences(path.read_text()))
    assert [sentence for sentence in found if words(sentence) > LONGEST_SENTENCE] == []
    assert median(map(words, found)) <= LARGEST_MEDIAN
