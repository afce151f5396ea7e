"""The command transcribe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json
from cvrecipes.console import say
from cvrecipes.errors import UsageError
from cvrecipes.words import visible


@click.command()
@click.argument("model", type=parameters.FOLDER)
@click.argument("audio", nargs=-1, required=True, type=parameters.Path(path_type=Path))
@click.option("--words", is_flag=True, help="Print each word with its start, end and confidence.")
@options.device
@options.as_json
def transcribe(model: str, audio: tuple[Path, ...], words: bool, device: str, as_json: bool) -> int:
    """Transcribe AUDIO files of any length with MODEL.

    MODEL is a run folder, a model folder or a Hub name.
    """
    missing = [path for path in audio if not path.is_file()]
    if missing:
        what = "is no audio file" if missing[0].exists() else "there is no such file"
        raise UsageError(what, where=missing[0])
    from cvrecipes.audio import flaw
    from cvrecipes.decoding.alignment import align_words
    from cvrecipes.decoding.recognizer import Recognizer
    from cvrecipes.decoding.transcribe import transcribe_files

    recognizer = Recognizer(model, device)
    failures: list[str] = []
    results: list[dict[str, Any]] = []
    for path, transcript in transcribe_files(
        recognizer, audio, lambda error: failures.append(error.message)
    ):
        odd = flaw(path, transcript.seconds)
        if odd:
            say(f"warning: {visible(path)}: {odd}")
        spans = align_words(transcript, recognizer.vocabulary) if words else []
        if as_json:
            entry: dict[str, Any] = {
                "file": str(path), "seconds": round(transcript.seconds, 3), "text": transcript.text
            }  # fmt: skip
            if odd:
                entry["warning"] = odd
            if words:
                entry["words"] = [
                    {"word": s.word, "start": s.start, "end": s.end, "confidence": s.confidence}
                    for s in spans
                ]
            results.append(entry)
        elif words:
            for s in spans:
                times = f"{s.start:.2f}\t{s.end:.2f}\t{s.confidence:.2f}"
                click.echo(f"{visible(path)}\t{times}\t{s.word}")
        else:
            click.echo(f"{visible(path)}\t{transcript.text}" if len(audio) > 1 else transcript.text)
    if as_json:
        print_json(results)
    for failure in failures:
        say(f"error: {visible(failure)}")
    return 1 if failures else 0
