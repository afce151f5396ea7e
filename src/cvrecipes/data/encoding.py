"""The encoding of tables: UTF-8, or another that the user names; what else it may be is said."""

from __future__ import annotations

import codecs
import locale as locales
from dataclasses import dataclass
from pathlib import Path

from cvrecipes.errors import Failure, UsageError
from cvrecipes.words import visible

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The code page of Windows for what Python's table of locales (locale.locale_alias, from X11)
# calls the usual encoding before Unicode. Spreadsheets write these.
_PAGES = {
    "ISO8859-2": "cp1250", "ISO8859-5": "cp1251", "CP1251": "cp1251", "KOI8-U": "cp1251",
    "ISO8859-6": "cp1256", "ISO8859-7": "cp1253", "ISO8859-8": "cp1255", "ISO8859-9": "cp1254",
    "ISO8859-11": "cp874", "ISO8859-13": "cp1257",
}  # fmt: skip
_LATIN = ("cp1252", "latin-1")
_START = 4000
_AROUND = 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a table become text.

    Attributes:
        name: the encoding that the user named; None for UTF-8, with the refusal of a file that
            is something else.
        locale: the language of the text, for a guess.
    """

    name: str | None = None
    locale: str = ""

    def read(self, path: Path) -> bytes:
        """The content of a file as UTF-8, without a byte order mark.

        Single lines that are no UTF-8 stay as they are: a table may be damaged here and there.

        Raises:
            UsageError: the file is in another encoding, such as UTF-8 where another is named.
            Failure: it cannot be read.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Failure(f"cannot be read ({error.strerror})", where=path) from None
        if self.name is None:
            _refuse_other(data, path, self.locale)
        elif self.name not in ("utf-8", "utf-8-sig"):
            data = self._recoded(data, path)
        return data.removeprefix(codecs.BOM_UTF8)

    def _recoded(self, data: bytes, path: Path) -> bytes:
        # UTF-16 may be valid UTF-8, but holds zeros.
        if not data.isascii() and 0 not in data and is_utf8(data):
            raise UsageError(
                f"is valid UTF-8, not {self.name}", where=path, remedy="leave out --encoding"
            )
        try:
            return data.decode(self.name or "utf-8").encode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise UsageError(
                f"is not {self.name} (byte 0x{data[error.start]:02x})",
                where=path,
                line=line,
                remedy="name another with --encoding",
            ) from None
        except UnicodeError as error:
            raise UsageError(
                f"is not {self.name} ({error})", where=path, remedy="name another with --encoding"
            ) from None


def is_utf8(data: bytes) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def known(name: str) -> str:
    """Python's own name of an encoding that a user named.

    Raises:
        UsageError: there is no such encoding of text.
    """
    try:
        codec = codecs.lookup(name)
        if codec.encode("a")[0] and isinstance(codec.decode(b"")[0], str):
            return codec.name
    except (LookupError, ValueError, TypeError, AttributeError):
        pass
    raise UsageError(
        f"{name!r} is no encoding of text that Python knows",
        remedy="such as cp1254, latin-1 or utf-16",
    )


def _refuse_other(data: bytes, path: Path, locale: str) -> None:
    """Refuse a file that is not UTF-8 as a whole, with a guess of what it is.

    A file in another encoding has more than one line that is no UTF-8, and more of them than lines
    that are UTF-8 and more than ASCII; a damaged file has fewer.
    """
    mark = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if mark is not None:
        raise UsageError(f"is {mark.upper()}, not UTF-8", where=path, remedy=_remedy(mark))
    start = data[:_START]
    if start.count(0) > len(start) / 4:
        wide = "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
        what = f"is not UTF-8, perhaps {wide.upper()}"
        raise UsageError(what, where=path, remedy=_remedy(wide))
    if is_utf8(data):
        return
    broken, whole = [], 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if is_utf8(line):
            whole += not line.isascii()
        else:
            broken.append((number, line))
    if len(broken) > max(1, whole):
        number, line = broken[0]
        guess = _guess(data, locale)
        raise UsageError(
            f"is not UTF-8, perhaps {guess}: this line would hold '{_excerpt(line, guess)}'",
            where=path,
            line=number,
            remedy=_remedy(guess),
        )


def _guess(data: bytes, locale: str) -> str:
    """The first encoding, usual for a language, that the bytes are valid in."""
    code = locale.lower().replace("-", "_")
    aliases = locales.locale_alias
    usual = aliases.get(code) or aliases.get(code.split("_")[0], "")
    page = _PAGES.get(usual.partition(".")[2])
    for name in (page, *_LATIN) if page else _LATIN:
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return _LATIN[-1]


def _excerpt(line: bytes, name: str) -> str:
    """What stands around the first character of a line that is not ASCII."""
    text = line.decode(name, "replace").strip()
    place = next((n for n, character in enumerate(text) if not character.isascii()), 0)
    return visible(text[max(0, place - _AROUND) : place + _AROUND])


def _remedy(name: str) -> str:
    return f"add --encoding {name}, or save it as UTF-8"
