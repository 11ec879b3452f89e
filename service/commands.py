"""What each command of the command line does."""

import argparse
import os
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError

from corpus.language import normalise_language
from corpus.reader import known_path, source_of
from index.passage_index import PassageIndex
from index.store import Store
from service import terminal
from service.answering import Answerer, RequestError
from service.contract import AskRequest
from service.data_files import DataFileError
from service.notices import FALLBACK_LANGUAGE, Notices
from service.progress import ProgressBar, progress_bar
from service.settings import Settings, SettingsError, load_settings

_NO_ANSWER, _INCOMPLETE = 3, 4


class CommandError(Exception):
    """A command cannot do what was asked. The message is one line and says what to do."""


def list_documents(options: argparse.Namespace, settings: Settings) -> int:
    """List the documents."""
    with closing(PassageIndex(settings.index)) as index:
        documents = Answerer(index, settings).documents(labels=options.label)
    if options.json:
        terminal.print_json(documents)
    elif documents.documents:
        terminal.print_documents(documents.documents)
    else:
        _say_empty(settings)
    return 0


def ask(options: argparse.Namespace, settings: Settings) -> int:
    """Answer a question."""
    question = sys.stdin.read() if options.question == "-" else options.question
    with progress_bar() as show, closing(open_index(settings, show)) as index:
        reads = {_locale_language(): 1.0} if "interface_language" not in settings.model_fields_set else None
        answer = Answerer(index, settings).ask(_request(question, options, index.store), reads=reads)
        empty = not index.store.counts()[0]
    if options.json:
        terminal.print_json(answer)
    else:
        terminal.print_answer(answer)
        if not answer.passages and empty:
            _say_empty(settings)
    return 0 if answer.answerable else _NO_ANSWER


def _request(question: str, options: argparse.Namespace, store: Store) -> AskRequest:
    try:
        return AskRequest(
            question=question,
            language=options.language,
            limit=options.limit,
            languages=[code for code in options.languages.split(",") if code],
            prefer_own_language=options.prefer_own_language,
            country=options.country,
            labels=options.label,
            after=options.after,
            before=options.before,
            path=options.path and _filter_path(store, options.path),
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise RequestError("invalid_request", f"{field}: {first['msg'].lower()}", field=field) from error


def _filter_path(store: Store, given: str) -> str:
    """Return a path to filter by: of what there is here, the whole path, as sources have it; else as it was given."""
    # `Path.exists` raises for a name that is too long.
    return held_source(store, Path(given)) if os.path.exists(given) else given  # noqa: PTH110


def held_source(store: Store, path: Path) -> str:
    """Return the source by which the index knows a path: its real one, unless there is only what a link below a folder names.

    Raises:
        CorpusError: the path is no text.
    """
    real, given = source_of(known_path(path)), source_of(path)
    return given if given != real and not store.files(below=real) and store.files(below=given) else real


def verify(options: argparse.Namespace, settings: Settings) -> int:
    """Check every passage against its document."""
    from index.verification import verify_index

    with closing(Store(settings.index)) as store:
        report = verify_index(store, settings.limits)
    if options.json:
        terminal.print_json(
            {
                "files": report.files,
                "documents": report.documents,
                "passages": report.passages,
                "wrong": list(report.wrong),
                "changed_files": list(report.changed_files),
                "missing_files": list(report.missing_files),
                "unreadable_files": list(report.unreadable_files),
            }
        )
    else:
        for line in report.wrong:
            print(f"wrong: {terminal.one_line(line)}")
        for source in report.changed_files:
            print(f"changed since it was added: {terminal.one_line(source)}")
        for source in report.missing_files:
            print(f"no longer there: {terminal.one_line(source)}")
        for source in report.unreadable_files:
            print(f"cannot be read, so not compared (check its permissions): {terminal.one_line(source)}")
        verdict = f"{len(report.wrong)} wrong" if report.wrong else "all agree"
        print(f"{_count(report.passages, 'passage')} of {_count(report.documents, 'document')} checked: {verdict}")
    return _INCOMPLETE if report.wrong else 0


def serve(options: argparse.Namespace, settings: Settings) -> int:
    """Serve the page and the API."""
    from service.server import serve as run_server  # FastAPI and uvicorn: other commands need not wait for them

    with progress_bar() as show:
        index = open_index(settings, show, create=options.create)
        answerer = Answerer(index, settings)
        answerer.warm_up()
    with closing(index):
        run_server(answerer, settings.host, settings.port)
    return 0


def notices_status(options: argparse.Namespace, settings: Settings) -> int:
    """Say who has reviewed the notices."""
    found = Notices(site=settings.notices).status()
    if options.json:
        terminal.print_json({"languages": [asdict(language) for language in found]})
    else:
        for language in found:
            by = f"reviewed {language.reviewed} by {language.reviewer}" if language.reviewed else "not reviewed by anybody"
            print(
                f"{language.language:4}{'site  ' if language.site else '      '}{terminal.one_line(f'{by}  {language.name}')}"
            )
        unreviewed = sum(not language.reviewed for language in found)
        print(f"{len(found)} languages, {unreviewed} not reviewed: docs/safety.md says how to review one")
    return 0


def error_notices() -> list[dict[str, object]]:
    """Return the notices that stand with an error on the command line, none where they are what is wrong."""
    try:
        settings = load_settings()
        notices = Notices(site=settings.notices)
        chosen = settings.interface_language if "interface_language" in settings.model_fields_set else None
        notice = notices.notice("disclaimer", notices.choose([chosen, _locale_language(), settings.interface_language]))
    except (SettingsError, DataFileError):
        notice = Notices().notice("disclaimer", FALLBACK_LANGUAGE)
    return [notice.model_dump(mode="json")]


def _locale_language() -> str:
    """Return the language that this person's terminal is set to, no known one for `C` and `POSIX`."""
    return normalise_language(
        next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    )


def reembed(options: argparse.Namespace, settings: Settings) -> int:
    """Embed everything again with another model."""
    from index.encoders import make_encoder
    from index.indexer import reembed as reembed_store

    with closing(Store(settings.index)) as store, progress_bar() as show:
        encoder = make_encoder(options.model, threads=settings.threads, on_stage=show)
        total = reembed_store(store, encoder, options.model, lambda done, total: show("passages", done, total))
    if options.json:
        terminal.print_json({"passages": total, "model": options.model, "encoder": encoder.name})
    else:
        print(f"{_count(total, 'passage')} embedded with {encoder.name}")
    return 0


def prepare_model(options: argparse.Namespace, settings: Settings) -> int:
    """Make the embedded model ready."""
    from index.embedded_cache import ensure_model
    from index.encoders import EMBEDDED, make_encoder

    with progress_bar() as show:
        ensure_model(on_stage=show, thoroughly=True)
        encoder = make_encoder(EMBEDDED, threads=settings.threads, on_stage=show)
    if options.json:
        terminal.print_json({"encoder": encoder.name})
    else:
        print(f"ready: {encoder.name}")
    return 0


def export_model(options: argparse.Namespace, _settings: Settings) -> int:
    """Write the embedded weights as a sentence-transformers model."""
    from index.model_export import export_model as write_model

    write_model(options.directory)
    if options.json:
        terminal.print_json({"directory": str(options.directory)})
    else:
        print(f"written to {options.directory}; use it with --model {options.directory}")
    return 0


def open_index(settings: Settings, show: ProgressBar, *, create: bool = False) -> PassageIndex:
    """Open the index that the settings name.

    Raises:
        StoreError: it cannot be opened.
    """
    return PassageIndex(
        settings.index,
        model=settings.model,
        reranker=settings.reranker,
        threads=settings.threads,
        create=create,
        on_stage=show,
    )


def _say_empty(settings: Settings) -> None:
    index = terminal.one_line(str(settings.index))
    print(f"the index at {index} holds no documents: add some with: crosscite add PATH --index {index}", file=sys.stderr)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
