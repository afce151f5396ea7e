"""A thin ctypes binding to espeak-ng, from the wheel ``espeakng-loader``.

Signatures and constants follow ``speak_lib.h`` of espeak-ng 1.52. The library
keeps its state in globals, so there is one `Espeak` per process; a second one
would fight over it. No audio device is opened: samples come back through the
synthesis callback.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cvrecipes.errors import Failure

_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_IPA = 0x02
_OWN = "cvrecipes-own"
_RATE, _VOLUME, _PITCH, _RANGE, _WORDGAP = 1, 2, 3, 4, 7
_LANGUAGE_SWITCH = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Voice:
    """How a synthetic speaker sounds.

    Attributes:
        variant: one of espeak-ng's voice variants (the files of ``voices/!v``), or
            an empty string for the plain voice.
        file: the text of a variant file of the voice's own, used instead of `variant`.
        rate: words per minute, 80 to 450.
        pitch: 0 to 99, 50 is the variant's own.
        pitch_range: 0 (monotone) to 99.
        word_gap: pause between words, in units of 10 ms at the default rate.
    """

    variant: str = ""
    rate: int = 175
    pitch: int = 50
    pitch_range: int = 50
    word_gap: int = 0
    file: str = field(default="", repr=False)


class Espeak:
    """espeak-ng, ready to speak.

    Raises:
        Failure: the extra ``sample`` is not installed, or the library does not start.
    """

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError:
            raise Failure(
                "the espeak-ng voices are not installed",
                remedy="pip install 'cvrecipes[sample]'",
            ) from None
        self._library = ctypes.cdll.LoadLibrary(str(espeakng_loader.get_library_path()))
        self._data = Path(espeakng_loader.get_data_path())
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._chunks: list[npt.NDArray[np.int16]] = []
        self._callback = _CALLBACK_TYPE(self._collect)
        self._voice: tuple[str, Voice] | None = None
        self.sample_rate: int = self._start()

    def _start(self) -> int:
        rate: int = self._library.espeak_Initialize(
            _SYNCHRONOUS, 0, str(self._data.parent).encode(), 0
        )
        if rate <= 0:
            raise Failure("espeak-ng did not start", remedy="reinstall espeakng-loader")
        self._library.espeak_SetSynthCallback(self._callback)
        return rate

    def _collect(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0

    def languages(self) -> list[str]:
        """The languages of the installed espeak-ng data, as its own codes."""
        return sorted({path.name for path in (self._data / "lang").rglob("*") if path.is_file()})

    def variants(self) -> dict[str, str]:
        """The text of each file of voice variants in the espeak-ng data, by name, sorted."""
        files = sorted((self._data / "voices" / "!v").iterdir())
        return {
            file.name: file.read_text(encoding="utf-8", errors="replace")
            for file in files
            if file.name != _OWN
        }

    def use(self, language: str, voice: Voice) -> None:
        """Speak `language` with `voice` from now on.

        Raises:
            Failure: espeak-ng has no such language or variant.
        """
        if self._voice == (language, voice):
            return
        variant = self._written(voice.file) if voice.file else voice.variant
        name = f"{language}+{variant}" if variant else language
        if self._library.espeak_SetVoiceByName(name.encode()) != 0:
            raise Failure(f"espeak-ng has no voice {name!r}")
        for parameter, value in (
            (_RATE, voice.rate),
            (_PITCH, voice.pitch),
            (_RANGE, voice.pitch_range),
            (_WORDGAP, voice.word_gap),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._voice = (language, voice)

    def _written(self, file: str) -> str:
        """The name of a variant with the text `file`, the same name each time.

        espeak-ng finds variants by name in its data alone, and 350 voices at most. So it goes on
        with a copy of its data, in which one more file is written anew for each such voice.
        """
        if self._copy is None:
            self._copy = tempfile.TemporaryDirectory(prefix="cvrecipes-")
            copy = Path(self._copy.name) / self._data.name
            shutil.copytree(self._data, copy)
            self._data = copy
            self._start()
        (self._data / "voices" / "!v" / _OWN).write_text(file, encoding="utf-8")
        return _OWN

    def speak(self, text: str) -> npt.NDArray[np.int16]:
        """Synthesize `text`: mono samples at `sample_rate`, shape (samples,)."""
        self._chunks = []
        data = text.encode("utf-8") + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, _CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._chunks:
            return np.zeros(0, dtype=np.int16)
        return np.concatenate(self._chunks)

    def phonemes(self, text: str) -> str:
        """The phonemes of `text` in IPA, words separated by spaces."""
        buffer = ctypes.create_string_buffer(text.encode("utf-8"))
        pointer = ctypes.c_void_p(ctypes.addressof(buffer))
        parts: list[str] = []
        while pointer.value:
            spoken = self._library.espeak_TextToPhonemes(ctypes.byref(pointer), _CHARS_UTF8, _IPA)
            if spoken:
                parts.append(spoken.decode("utf-8"))
        return _LANGUAGE_SWITCH.sub("", " ".join(parts)).strip()


_CALLBACK_TYPE: Callable[..., Any] = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


@lru_cache(maxsize=1)
def espeak() -> Espeak:
    """The one espeak-ng of this process."""
    return Espeak()
