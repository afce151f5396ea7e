"""Steps that fold characters of the other writing and variants, by the tables of OpenCC.

A character is folded only where the language's own writing does not have it, which its
classic character set tells: GB 2312 for Simplified, Big5 for Traditional. So 这 becomes 這
in Taiwan, but 里, 后 and 干, which are Traditional characters, too, stay. OpenCC reads the
whole sentence, so 头发 and 发展 become 頭髮 and 發展.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from opencc import OpenCC

_HAN = regex.compile(r"\p{Han}")


@cache
def converter(name: str) -> OpenCC:
    """An OpenCC conversion, such as ``s2tw``; read when it is first needed."""
    from opencc import OpenCC

    return OpenCC(name)


def convert(name: str, text: str) -> str:
    """A conversion that keeps every character's place; never raises."""
    try:
        changed = str(converter(name).convert(text))
        if len(changed) != len(text):
            changed = "".join(_alone(name, character) for character in text)
    except UnicodeEncodeError:  # half a surrogate pair
        return text
    return changed


def _alone(name: str, character: str) -> str:
    changed = str(converter(name).convert(character))
    return changed if len(changed) == 1 else character


class Fold:
    """A step for one writing.

    Arguments:
        other: OpenCC's conversion from the other writing.
        own: encoding of the character set that the writing has.
        variants: OpenCC's conversion to the region's variants, for every character.
    """

    def __init__(self, other: str, own: str, variants: str | None = None) -> None:
        self._other = other
        self._encoding = own
        self._variants = variants

    def __call__(self, text: str) -> str:
        """Fold a text; never raises, and every character keeps its place."""
        if not _HAN.search(text):
            return text
        # 薴 becomes 苧, and that, as a Traditional character, 苎.
        once = self._fold(text)
        return once if once == text else self._fold(once)

    def _fold(self, text: str) -> str:
        changed = convert(self._other, text)
        if changed != text:
            text = "".join(
                before if before == after or self._own(before) else after
                for before, after in zip(text, changed, strict=True)
            )
        return convert(self._variants, text) if self._variants else text

    def _own(self, character: str) -> bool:
        try:
            character.encode(self._encoding)
        except UnicodeEncodeError:
            return False
        return True


STEPS: dict[str, Fold] = {
    "zh.simplified": Fold("t2s", "gb2312"),
    "zh.taiwan": Fold("s2tw", "big5", "t2tw"),
    "zh.hong_kong": Fold("s2hk", "big5", "t2hk"),
}
